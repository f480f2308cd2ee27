"""When a lot is open, in its own zone and across daylight-saving changes (`parking.lot.v1`).

A local time that occurs twice opens at its first and closes at its last occurrence; one that is skipped counts with the
offset before the gap (RFC 5545, 3.3.5).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from itertools import pairwise
from types import MappingProxyType
from typing import Any, NamedTuple

from parking_kernel.periods import Period
from parking_kernel.violations import Violation, refuse_any
from parking_kernel.wall_times import MINUTES_OF_DAY, first_instant, last_instant, minutes_of, text_of

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ONE_DAY = timedelta(days=1)
type Texts = Sequence[str]
"""Two times of day: from when, until when."""


@dataclass(frozen=True, slots=True, order=True)
class Hours:
    """From `opens` to `closes`, in minutes since midnight. A `closes` that is not later lies on the next day."""

    opens: int
    closes: int

    @property
    def ends(self) -> int:
        """The end in minutes since the midnight before `opens`."""
        return self.closes if self.closes > self.opens else self.closes + MINUTES_OF_DAY


class OpenPeriod(NamedTuple):
    """A half-open period of time."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """The hours of each weekday (Monday first), and the dates whose hours replace them; no hours is shut."""

    week: tuple[tuple[Hours, ...], ...]
    exceptions: Mapping[date, tuple[Hours, ...]] = MappingProxyType({})

    def of(self, day: date) -> tuple[Hours, ...]:
        """The hours that begin on a date."""
        return self.exceptions.get(day, self.week[day.weekday()])

    def is_open_at(self, at: datetime, zone: tzinfo) -> bool:
        """Whether the lot is open at an instant: one can drive in then."""
        return any(period.starts_at <= at < period.ends_at for period in self._around(at, at, zone))

    def lets_out_at(self, at: datetime, zone: tzinfo) -> bool:
        """Whether one can still drive out at an instant: also exactly at closing time."""
        return any(period.starts_at <= at <= period.ends_at for period in self._around(at, at, zone))

    def is_open_during(self, period: Period, zone: tzinfo) -> bool:
        """Whether one can drive in at a period's start and out at its end; in between the car stays in."""
        return self.is_open_at(period.starts_at, zone) and self.lets_out_at(period.ends_at, zone)

    def periods(self, since: datetime, until: datetime, zone: tzinfo) -> list[OpenPeriod]:
        """When the lot is open between two instants: sorted, cut to them, and none touching the next."""
        merged: list[OpenPeriod] = []
        for period in sorted(self._around(since, until, zone)):
            starts_at, ends_at = max(period.starts_at, since), min(period.ends_at, until)
            if starts_at >= ends_at:
                continue
            if merged and starts_at <= merged[-1].ends_at:
                starts_at, ends_at = merged[-1].starts_at, max(ends_at, merged[-1].ends_at)
                merged.pop()
            merged.append(OpenPeriod(starts_at, ends_at))
        return merged

    def _around(self, since: datetime, until: datetime, zone: tzinfo) -> Iterator[OpenPeriod]:
        day, last = since.astimezone(zone).date() - ONE_DAY, until.astimezone(zone).date()
        while day <= last:
            for hours in self.of(day):
                yield OpenPeriod(first_instant(day, hours.opens, zone), last_instant(day, hours.ends, zone))
            day += ONE_DAY

    def plain(self) -> dict[str, Any]:
        """The form in which clients write it: `{"mon": [["06:00", "24:00"]], …, "exceptions": […]}`."""
        days: dict[str, Any] = {
            name: [_texts(hours) for hours in of_day] for name, of_day in zip(WEEKDAYS, self.week, strict=True)
        }
        days["exceptions"] = [
            {"date": day.isoformat(), "hours": [_texts(hours) for hours in of_day]}
            for day, of_day in sorted(self.exceptions.items())
        ]
        return days


def opening_hours(
    week: Mapping[str, Sequence[Texts]], exceptions: Sequence[tuple[date, Sequence[Texts]]], pointer: str
) -> OpeningHours:
    """Hours from their written form. Raises `InvalidFields`, with pointers below `pointer`."""
    violations: list[Violation] = []
    if not any(week.values()):
        violations.append(Violation(pointer, "names no hours at all; for a lot that is always open give null"))
    days = tuple(_day(week.get(name, ()), f"{pointer}/{name}", violations) for name in WEEKDAYS)
    exceptional: dict[date, tuple[Hours, ...]] = {}
    for index, (day, texts) in enumerate(exceptions):
        if day in exceptional:
            violations.append(Violation(f"{pointer}/exceptions/{index}/date", f"{day} stands there twice"))
        exceptional[day] = _day(texts, f"{pointer}/exceptions/{index}/hours", violations)
    refuse_any(violations)
    return OpeningHours(days, MappingProxyType(exceptional))


def opening_hours_of(plain: Mapping[str, Any]) -> OpeningHours:
    """Hours from the form that `OpeningHours.plain` makes; what was once taken is read without the rules."""
    return OpeningHours(
        tuple(_read(plain.get(name, ())) for name in WEEKDAYS),
        MappingProxyType(
            {date.fromisoformat(each["date"]): _read(each["hours"]) for each in plain.get("exceptions", ())}
        ),
    )


def _read(of_day: Sequence[Texts]) -> tuple[Hours, ...]:
    return tuple(sorted(Hours(_known(opens), _known(closes)) for opens, closes in of_day))


def _known(text: str) -> int:
    minutes = minutes_of(text)
    if minutes is None:
        raise ValueError(f"{text!r} is no time of day, such as 06:00")
    return minutes


def _day(texts: Sequence[Texts], pointer: str, violations: list[Violation]) -> tuple[Hours, ...]:
    found: list[Hours] = []
    for index, (opens_text, closes_text) in enumerate(texts):
        opens, closes = minutes_of(opens_text), minutes_of(closes_text)
        if opens is None or closes is None or opens == MINUTES_OF_DAY:
            violations.append(Violation(f"{pointer}/{index}", "must be two times of day, such as 06:00 and 24:00"))
        elif opens == closes:
            violations.append(Violation(f"{pointer}/{index}", "ends when it begins; a whole day is 00:00 to 24:00"))
        else:
            found.append(Hours(opens, closes))
    found.sort()
    if any(later.opens < earlier.ends for earlier, later in pairwise(found)):
        violations.append(Violation(pointer, "has hours that overlap"))
    return tuple(found)


def _texts(hours: Hours) -> list[str]:
    return [text_of(hours.opens), text_of(hours.closes)]
