"""A stretch of time cut into buckets on a lot's own clock. Days have 23 or 25 hours when the clock changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from analytics_service.domain.errors import InvalidQuestion

MOST = 1_000
DAY = timedelta(days=1)
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)


class Interval(StrEnum):
    """How long a bucket is."""

    QUARTER_HOUR = "15m"
    HOUR = "1h"
    DAY = "1d"


LENGTHS = {Interval.QUARTER_HOUR: timedelta(minutes=15), Interval.HOUR: timedelta(hours=1)}


@dataclass(frozen=True, slots=True)
class Bucket:
    """From an instant up to, and without, another."""

    starts_at: datetime
    ends_at: datetime

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.ends_at - self.starts_at


def buckets(starts_at: datetime, ends_at: datetime, interval: Interval, zone: ZoneInfo) -> Sequence[Bucket]:
    """Buckets that cover a period, in UTC; the first and the last are cut where it begins and ends.

    Borders are whole milliseconds, which is what the index compares. Raises `InvalidQuestion` for an empty or
    backward period, for one of more than a thousand buckets, and for one outside of any lot's life.
    """
    for field, instant in (("from", starts_at), ("to", ends_at)):
        if not EARLIEST <= instant <= LATEST:
            raise InvalidQuestion(field, f"must be between {EARLIEST.year} and {LATEST.year}")
    start, end = _in_milliseconds(starts_at), _in_milliseconds(ends_at)
    if end <= start:
        raise InvalidQuestion("to", "must be after from")
    found: list[Bucket] = []
    while start < end:
        following = min(_next_border(start, interval, zone), end)
        found.append(Bucket(start, following))
        start = following
        if len(found) > MOST:
            raise InvalidQuestion("interval", f"must be longer: the period has more than {MOST} of them")
    return found


def _in_milliseconds(instant: datetime) -> datetime:
    at = instant.astimezone(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _next_border(at: datetime, interval: Interval, zone: ZoneInfo) -> datetime:
    """Buckets of a day are counted from its midnight, in time that really passes: none begins twice."""
    day = at.astimezone(zone).date()
    next_midnight = _midnight(day + DAY, zone)
    if interval is Interval.DAY:
        return next_midnight
    midnight, length = _midnight(day, zone), LENGTHS[interval]
    return min(midnight + ((at - midnight) // length + 1) * length, next_midnight)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)
