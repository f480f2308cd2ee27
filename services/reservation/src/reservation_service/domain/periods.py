"""Periods: half-open stretches of time, `[starts_at, ends_at)`."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from reservation_service.domain.errors import InvalidPeriod

LONGEST = timedelta(days=31)
FURTHEST = timedelta(days=366)
TOLERANCE = timedelta(minutes=5)  # a client's clock, and the time it takes to press the button


@dataclass(frozen=True, slots=True)
class Period:
    """From an instant up to, and without, another. Raises `InvalidPeriod` when it is empty or backwards.

    It is kept in UTC: two times of one zone are subtracted by the clock on the wall, which loses the hour of a clock
    change.
    """

    starts_at: datetime
    ends_at: datetime

    def __post_init__(self) -> None:
        if self.starts_at.utcoffset() is None or self.ends_at.utcoffset() is None:
            raise ValueError("a period is made of instants, and a time without an offset is none")
        object.__setattr__(self, "starts_at", self.starts_at.astimezone(UTC))
        object.__setattr__(self, "ends_at", self.ends_at.astimezone(UTC))
        if self.ends_at <= self.starts_at:
            raise InvalidPeriod("end_time", "must be after start_time")

    @property
    def length(self) -> timedelta:
        """How long it is in elapsed time."""
        return self.ends_at - self.starts_at


def check_bookable(period: Period, now: datetime) -> None:
    """Raise `InvalidPeriod` for one that is over, too long, or too far away."""
    if period.starts_at < now - TOLERANCE:
        raise InvalidPeriod("start_time", "must not be in the past")
    if period.length > LONGEST:
        raise InvalidPeriod("end_time", f"must be at most {LONGEST.days} days after start_time")
    if period.starts_at > now + FURTHEST:
        raise InvalidPeriod("start_time", f"must be within {FURTHEST.days} days from now")
