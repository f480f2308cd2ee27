"""A stretch of time cut into buckets on a lot's own clock. Days have 23 or 25 hours when the clock changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from analytics_service.domain.errors import InvalidQuestion

MOST = 1_000
DAY = timedelta(days=1)


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
    def seconds(self) -> float:
        """How long it is."""
        return (self.ends_at - self.starts_at).total_seconds()


def buckets(starts_at: datetime, ends_at: datetime, interval: Interval, zone: ZoneInfo) -> Sequence[Bucket]:
    """Buckets that cover a period; the first and the last are cut where it begins and ends.

    Raises `InvalidQuestion` for an empty or backward period, and for one of more than a thousand buckets.
    """
    if ends_at <= starts_at:
        raise InvalidQuestion("to", "must be after from")
    found: list[Bucket] = []
    start = starts_at.astimezone(UTC)
    end = ends_at.astimezone(UTC)
    while start < end:
        following = min(_next_border(start, interval, zone), end)
        found.append(Bucket(start, following))
        start = following
        if len(found) > MOST:
            raise InvalidQuestion("interval", f"must be longer: the period has more than {MOST} of them")
    return found


def _next_border(at: datetime, interval: Interval, zone: ZoneInfo) -> datetime:
    local = at.astimezone(zone)
    midnight = datetime.combine(local.date(), time.min, zone)
    if interval is Interval.DAY:
        return datetime.combine(local.date() + DAY, time.min, zone).astimezone(UTC)
    length = LENGTHS[interval]
    since_midnight = at - midnight.astimezone(UTC)
    border = midnight.astimezone(UTC) + (since_midnight // length + 1) * length
    return min(border, datetime.combine(local.date() + DAY, time.min, zone).astimezone(UTC))
