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
"""Wrong passwords for one account. The longest wait is no longer, since its owner waits too."""
SIGN_INS_FROM_ADDRESS = AttemptLimit(50, GrowingPause(timedelta(seconds=5), timedelta(minutes=1)), timedelta(hours=1))
"""Wrong passwords from one network address, which a whole office may share."""
VERIFICATION_MAILS = AttemptLimit(3, GrowingPause(timedelta(hours=1), timedelta(days=1)), timedelta(days=2))
"""Mails to an address whose owner may never have asked for one."""
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
    def account(self) -> str:
        """By what the attempts are counted that are made on the account."""
        return f"sign-ins to {normalised_email(self.email)}"

    @property
    def limits(self) -> Sequence[tuple[str, AttemptLimit]]:
        """What it is counted by. Always in this order, so that no two transactions wait for each other in a circle."""
        if self.network_address is None:
            return [(self.account, SIGN_INS_TO_ACCOUNT)]
        return [(self.account, SIGN_INS_TO_ACCOUNT), (f"sign-ins from {self.network_address}", SIGN_INS_FROM_ADDRESS)]
