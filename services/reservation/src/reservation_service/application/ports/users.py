"""The own copy of what auth publishes of accounts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class UserCopy:
    """Whether an account is suspended, as auth last published it, and when it said so."""

    id: UUID
    is_suspended: bool
    published_at: datetime
    version: int


class Users(Protocol):
    """The own copy of accounts."""

    async def keep(self, user: UserCopy) -> bool:
        """Store an account, unless it is stored at this version or a newer one; whether it was suspended or reinstated.

        One that stays suspended is so since the first that was published.
        """
        ...

    async def suspended_at(self, user_id: UUID) -> datetime | None:
        """Since when an account is suspended; none for one that is not, or that is not known."""
        ...
