"""Which time band holds when in a week, by the clock on the wall."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from parking_kernel.local_days import LocalDay
from parking_kernel.tariffs import TimeBand
from parking_kernel.wall_times import MINUTES_OF_DAY, minutes_of

type Band = int | None
"""A tariff's time band by its place in the tariff; None outside of all of them."""
type Hours = tuple[tuple[int, ...], str, str]
type Weekday = tuple[tuple[timedelta, Band], ...]


def bands_held(bands: Sequence[TimeBand], days: Sequence[LocalDay]) -> Iterator[tuple[datetime, Band]]:
    """From when in those days which band holds; neighbours differ."""
    week = _week(tuple((band.weekdays, band.starts, band.ends) for band in bands))
    held: Band = -1
    for day in days:
        following = [*week[day.weekday][1:], (None, None)]
        for (clock, band), (until, _) in zip(week[day.weekday], following, strict=True):
            starts = max(day.midnight + clock, day.starts)
            ends = day.ends if until is None else min(day.midnight + until, day.ends)
            if starts < ends and band != held:
                yield starts, band
                held = band


@lru_cache(maxsize=256)
def _week(bands: tuple[Hours, ...]) -> tuple[Weekday, ...]:
    """From which time of each weekday, Monday first, which band holds: of several the first."""
    hours = [(weekdays, _minute(starts), _minute(ends)) for weekdays, starts, ends in bands]
    return tuple(_of_weekday(hours, weekday) for weekday in range(1, 8))


def _of_weekday(hours: Sequence[tuple[Sequence[int], int, int]], weekday: int) -> Weekday:
    yesterday = weekday - 1 or 7
    spans: list[tuple[int, int, int]] = []
    for band, (weekdays, starts, ends) in enumerate(hours):
        if weekday in weekdays:
            spans.append((starts, ends if starts < ends else MINUTES_OF_DAY, band))
        if yesterday in weekdays and ends <= starts:
            spans.append((0, ends, band))
    borders = {0, *(border for starts, ends, _ in spans for border in (starts, ends))} - {MINUTES_OF_DAY}
    return tuple(
        (timedelta(minutes=clock), next((band for starts, ends, band in spans if starts <= clock < ends), None))
        for clock in sorted(borders)
    )


def _minute(clock: str) -> int:
    minutes = minutes_of(clock)
    assert minutes is not None, "a tariff is checked before it is published"
    return minutes % MINUTES_OF_DAY
