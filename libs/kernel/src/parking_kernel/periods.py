"""Periods: half-open stretches of time, `[starts_at, ends_at)`."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


class InvalidPeriod(Exception):
    """The period is not valid; the message says why, `field` which end is wrong."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field} {rule}.")
        self.field = field
        self.rule = rule


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
