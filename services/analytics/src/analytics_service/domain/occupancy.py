"""How full a lot was, weighted by time: by what was booked, and by what sensors saw. The two are never mixed."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from analytics_service.domain.buckets import Bucket
from parking_kernel.sightings import COUNT_HOLDS_FOR, SIGHTING_HOLDS_FOR

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


@dataclass(frozen=True, slots=True)
class LotSize:
    """How many spots a lot has, from an instant on."""

    since: datetime
    spots: int


def spot_time(periods: Sequence[Bucket], sizes: Sequence[LotSize]) -> list[timedelta]:
    """The time of all spots that a lot had in each bucket. `sizes` follow each other; the first holds before it too."""
    borders = [size.since for size in sizes]
    return [_time_within(period, sizes, max(bisect_right(borders, period.starts_at) - 1, 0)) for period in periods]


def _time_within(period: Bucket, sizes: Sequence[LotSize], first: int) -> timedelta:
    found, start, number = NO_TIME, period.starts_at, first
    while start < period.ends_at:
        is_last = number + 1 == len(sizes)
        end = period.ends_at if is_last else min(sizes[number + 1].since, period.ends_at)
        found += (end - start) * sizes[number].spots
        start, number = end, number + 1
    return found


def booked_rates(periods: Sequence[Bucket], bookings: Bookings, there: Sequence[timedelta]) -> list[float | None]:
    """The share of the spots' time that was booked in each bucket; none where there were no spots.

    `there` is the time of all spots in each bucket. More than that can be booked, and means no more than full: a car
    stays on a spot that is taken away until it drives out, and late money takes a period again that was given back.
    """
    rates: list[float | None] = []
    running = bookings.running
    for period, flow, of_all in zip(periods, bookings.flows, there, strict=True):
        held = running * period.length + flow.begun_for - flow.ended_for
        rates.append(min(held / of_all, 1.0) if of_all else None)
        running += flow.begun - flow.ended
    return rates


class Measure(Enum):
    """What saw something."""

    COUNT = "count"
    """A whole lot was counted; counters report again and again."""
    SPOT = "spot"
    """One spot was seen taken or left; reported only when it changes."""


FRESH_FOR = {Measure.COUNT: COUNT_HOLDS_FOR, Measure.SPOT: SIGHTING_HOLDS_FOR}
"""A sighting says nothing about later than that: a count is missed soon, a parked car stands for long."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """How many of how many places were seen taken from an instant on. `source` is whose next one replaces it."""

    measure: Measure
    source: str
    at: datetime
    occupied: int
    capacity: int


@dataclass(frozen=True, slots=True)
class Sensed:
    """The share seen taken, none where nothing is known, and over how many spots: the mean of the time that passed."""

    rate: float | None
    spots: float


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

    def sensed(self) -> list[Sensed]:
        """What was seen in each bucket, weighted by time, over the time of which anything is known."""
        counted, seen = (self._tallies[measure].sensed() for measure in (Measure.COUNT, Measure.SPOT))
        return counted if any(each.rate is not None for each in counted) else seen


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

    def sensed(self) -> list[Sensed]:
        for last in self._last.values():
            self._add(last, self._until)
        self._last.clear()
        return [self._of(number) for number in range(len(self._periods))]

    def _of(self, number: int) -> Sensed:
        period, known, taken = self._periods[number], self._known[number], self._taken[number]
        if not known:
            return Sensed(None, 0.0)
        return Sensed(taken / known, known / (min(period.ends_at, self._until) - period.starts_at))

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
