"""A stretch of time as the days of a zone's calendar, however its clock is put forward and back in between."""

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise
from typing import NamedTuple

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


class LocalDay(NamedTuple):
    """A part of a stretch of time in which the date and the zone's offset from UTC stay the same, `[starts, ends)`.

    `midnight` is the instant at which the clock shows 00:00 of that `ordinal` date, or would by the offset of this
    part: so that the clock shows `at - midnight` at each instant of it.
    """

    starts: datetime
    ends: datetime
    midnight: datetime
    ordinal: int

    @property
    def weekday(self) -> int:
        """0 is Monday."""
        return (self.ordinal - 1) % 7


def local_days(since: datetime, until: datetime, zone: tzinfo) -> Iterator[LocalDay]:
    """The days between two instants in UTC, cut once more where the clock is changed."""
    changes = [*_offsets(since, until, zone), (until, timedelta())]
    for (at, offset), (ends, _) in pairwise(changes):
        local = at + offset
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) - offset
        starts, ordinal = at, local.toordinal()
        while starts < ends:
            following = midnight + DAY
            yield LocalDay(starts, min(following, ends), midnight, ordinal)
            starts = midnight = following
            ordinal += 1


def _offsets(since: datetime, until: datetime, zone: tzinfo) -> Iterator[tuple[datetime, timedelta]]:
    """From when which offset from UTC holds. No zone changes its clock twice within 24 hours."""
    at, offset = since, _offset(since, zone)
    yield at, offset
    while at < until:
        later = min(at + DAY, until)
        offset_later = _offset(later, zone)
        if offset_later != offset:
            yield _change(at, later, offset, zone), offset_later
        at, offset = later, offset_later


def _change(before: datetime, after: datetime, offset: timedelta, zone: tzinfo) -> datetime:
    """The minute in which the clock is changed, between an instant with this offset and one with another."""
    before = before.replace(second=0, microsecond=0)
    low, high = 0, -(-(after - before) // MINUTE)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(before + middle * MINUTE, zone) == offset:
            low = middle
        else:
            high = middle
    return before + high * MINUTE


def _offset(at: datetime, zone: tzinfo) -> timedelta:
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None, "a zone knows its offset"
    return offset
