"""What may be tried only so often in a row, such as a password: each attempt more costs a longer wait."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from auth_service.domain.users import normalised_email
from parking_kernel.pauses import GrowingPause


@dataclass(frozen=True, slots=True)
class AttemptLimit:
    """The attempts that cost nothing, how long each one more has to wait, and when all are forgotten."""

    free: int
    pause: GrowingPause
    over_after: timedelta


SIGN_INS_TO_ACCOUNT = AttemptLimit(5, GrowingPause(timedelta(seconds=5), timedelta(minutes=15)), timedelta(days=1))
"""Wrong passwords for one account from one network address: an attempt from elsewhere does not wait for them."""
SIGN_INS_TO_ACCOUNT_AT_ALL = AttemptLimit(
    20, GrowingPause(timedelta(seconds=5), timedelta(minutes=15)), timedelta(days=1)
)
"""Wrong passwords for one account from all network addresses where its owner has not signed in lately.

One address uses up no more of them than it has free of its own, so nobody makes its owner wait from a few addresses.
"""
SIGN_IN_MAILS = AttemptLimit(1, GrowingPause(timedelta(days=1), timedelta(days=1)), timedelta(days=1))
"""Mails to an owner that somebody tries passwords, from however many addresses."""
KNOWN_FOR = timedelta(days=30)
"""How long an address is known after the owner of an account has signed in there."""
SIGN_INS_FROM_ADDRESS = AttemptLimit(50, GrowingPause(timedelta(seconds=5), timedelta(minutes=1)), timedelta(hours=1))
"""Wrong passwords from one network address, which a whole office may share."""
VERIFICATION_MAILS = AttemptLimit(3, GrowingPause(timedelta(hours=1), timedelta(days=1)), timedelta(days=2))
"""Mails to an address whose owner may never have asked for one, for each network address that asks."""
VERIFICATION_MAILS_AT_ALL = AttemptLimit(10, GrowingPause(timedelta(hours=1), timedelta(hours=1)), timedelta(days=2))
"""The same from all that ask: more than a stranger can use up from a few addresses, and then one an hour."""
STORED_FOR = timedelta(days=2)
"""After the last attempt; no limit remembers one longer."""


@dataclass(frozen=True, slots=True)
class Attempts:
    """How often something was tried in a row, and until when it may not be tried again."""

    count: int
    last_at: datetime
    blocked_until: datetime | None = None

    @classmethod
    def none(cls, at: datetime) -> "Attempts":
        """Nothing was tried yet."""
        return cls(0, at)

    def as_of(self, limit: AttemptLimit, at: datetime) -> "Attempts":
        """What of it still counts."""
        return self if at < self.last_at + limit.over_after else Attempts.none(at)

    def wait(self, at: datetime) -> timedelta:
        """How long nothing may be tried; nothing where something may."""
        return max(self.blocked_until - at, timedelta(0)) if self.blocked_until else timedelta(0)

    def one_at_a_time(self, limit: AttemptLimit, at: datetime) -> "Attempts":
        """Once waits are due, one attempt keeps out those at the same time, before its own outcome is known."""
        if not self.waits(limit):
            return self
        return replace(self, blocked_until=at + limit.pause.after(self.count + 2 - limit.free))

    def one_more(self, limit: AttemptLimit, at: datetime) -> "Attempts":
        """Another one, and the wait that follows from it."""
        tried = Attempts(self.count + 1, at)
        if not tried.waits(limit):
            return tried
        return replace(tried, blocked_until=at + limit.pause.after(tried.count + 1 - limit.free))

    def free_again(self) -> "Attempts":
        """The attempt under way kept others out; it was none of those that count."""
        return replace(self, blocked_until=None)

    def waits(self, limit: AttemptLimit) -> bool:
        """Whether the attempts that cost nothing are used up."""
        return self.count >= limit.free


@dataclass(frozen=True, slots=True)
class SignInAttempt:
    """Someone tries a password for an address, whether it has an account or not."""

    email: str = field(repr=False)
    network_address: str | None = field(repr=False)
    at: datetime

    @property
    def place(self) -> str:
        """The account and where it is tried from: by this wrong passwords are counted, and known addresses stored."""
        return f"{self.account} from {self.network_address or 'nowhere'}"

    @property
    def account(self) -> str:
        """By what the attempts are counted that are made on the account from all addresses that are not known."""
        return f"sign-ins to {normalised_email(self.email)}"

    @property
    def mails(self) -> str:
        """By what the mails to its owner are counted."""
        return f"mails of {self.account}"

    def limits(self, *, is_known: bool) -> Sequence[tuple[str, AttemptLimit]]:
        """What it is counted by, from an address where the owner has signed in lately or from another.

        Always in this order, so that no two transactions wait for each other in a circle.
        """
        found = [(self.place, SIGN_INS_TO_ACCOUNT)]
        if not is_known:
            found.append((self.account, SIGN_INS_TO_ACCOUNT_AT_ALL))
        if self.network_address is not None:
            found.append((f"sign-ins from {self.network_address}", SIGN_INS_FROM_ADDRESS))
        return found
