"""Which of the unverified accounts of one address makes room for a new one."""

from collections.abc import Sequence
from datetime import datetime

from auth_service.domain.mails import TOKEN_LIFETIME, TokenPurpose
from auth_service.domain.users import SHARED_BY, User


def has_room(sharing: Sequence[User]) -> bool:
    """Whether one more account may have the address."""
    return len(sharing) < SHARED_BY


def makes_room(sharing: Sequence[User], at: datetime) -> User | None:
    """The account that loses the address to a new one; none where all have been used, so that the new one is not made.

    Anybody can register an address ten times. So an account that somebody signed in to, and perhaps booked with, never
    makes room. Of the others, one whose first link is over goes before the newest: who came first stays.
    `sharing` goes by age, the oldest first.
    """
    unused = [each for each in sharing if not each.state.has_signed_in]
    lifetime = TOKEN_LIFETIME[TokenPurpose.VERIFY_EMAIL]
    stale = [each for each in unused if each.state.created_at + lifetime <= at]
    return next(iter([*stale, *reversed(unused)]), None)
