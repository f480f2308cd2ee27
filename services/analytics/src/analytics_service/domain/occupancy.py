"""How full a lot was, weighted by time: by what was booked, and by what sensors saw. The two are never mixed."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from analytics_service.domain.buckets import Bucket

NO_TIME = timedelta()


@dataclass(frozen=True, slots=True)
class Flow:
    """The stays that begin and that end within a bucket, and the time from there to the bucket's end, added up."""

    begun: int = 0
    begun_for: timedelta = NO_TIME
    ended: int = 0
    ended_for: timedelta = NO_TIME


@dataclass(frozen=True, slots=True)
class Bookings:
    """The stays of some buckets, however many there are: those that run when the first begins, and the flow of each."""

    running: int
    flows: Sequence[Flow]


def booked_rates(periods: Sequence[Bucket], bookings: Bookings, spots: int) -> list[float | None]:
    """The share of the spots' time that was booked in each bucket; none for a lot without spots."""
    if spots == 0:
        return [None] * len(periods)
    rates: list[float | None] = []
    running = bookings.running
    for period, flow in zip(periods, bookings.flows, strict=True):
        held = running * period.length + flow.begun_for - flow.ended_for
        rates.append(held / (spots * period.length))
        running += flow.begun - flow.ended
    return rates


class Measure(Enum):
    """What saw something."""

    COUNT = "count"
    """A whole lot was counted; counters report again and again."""
    SPOT = "spot"
    """One spot was seen taken or left; reported only when it changes."""


FRESH_FOR = {Measure.COUNT: timedelta(hours=1), Measure.SPOT: timedelta(hours=24)}
"""A sighting says nothing about later than that: a count is missed soon, a parked car stands for long."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """How many of how many places were seen taken from an instant on. `source` is whose next one replaces it."""

    measure: Measure
    source: str
    at: datetime
    occupied: int
    capacity: int


class Watch:
    """Weights sightings by time, one after the other, in memory that does not grow with their number.

    A lot's counters and its spots' sensors are kept apart. Where a counter reported at all, its counts alone give the
    rates: spots that are watched besides would count twice, and a chart must not jump from one measure to the other.
    """

    def __init__(self, periods: Sequence[Bucket], until: datetime) -> None:
        """`until` is the present: what was seen says nothing about later."""
        self._tallies = {measure: _Tally(periods, until, FRESH_FOR[measure]) for measure in Measure}

    def see(self, sighting: Sighting) -> None:
        """Take the next sighting in; they come in the order of time."""
        self._tallies[sighting.measure].see(sighting)

    def rates(self) -> list[float | None]:
        """The time-weighted share seen taken in each bucket, over the time of which anything is known; else none."""
        counted, seen = (self._tallies[measure].rates() for measure in (Measure.COUNT, Measure.SPOT))
        return counted if any(rate is not None for rate in counted) else seen


class _Tally:
    def __init__(self, periods: Sequence[Bucket], until: datetime, fresh_for: timedelta) -> None:
        self._periods = periods
        self._starts = [period.starts_at for period in periods]
        self._until = min(until, periods[-1].ends_at)
        self._fresh_for = fresh_for
        self._last: dict[str, Sighting] = {}
        self._known = [NO_TIME] * len(periods)
        self._taken = [NO_TIME] * len(periods)

    def see(self, sighting: Sighting) -> None:
        if before := self._last.get(sighting.source):
            self._add(before, sighting.at)
        self._last[sighting.source] = sighting

    def rates(self) -> list[float | None]:
        for last in self._last.values():
            self._add(last, self._until)
        self._last.clear()
        return [taken / known if known else None for taken, known in zip(self._taken, self._known, strict=True)]

    def _add(self, sighting: Sighting, next_at: datetime) -> None:
        start = max(sighting.at, self._starts[0])
        end = min(next_at, sighting.at + self._fresh_for, self._until)
        # An impossible count is the counter's error: the lot was full, or empty, and no more than that.
        occupied = min(max(sighting.occupied, 0), sighting.capacity)
        number = bisect_right(self._starts, start) - 1
        while start < end:
            border = min(self._periods[number].ends_at, end)
            self._known[number] += (border - start) * sighting.capacity
            self._taken[number] += (border - start) * occupied
            start, number = border, number + 1
