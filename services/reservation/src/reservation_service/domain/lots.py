"""Reservation's own copy of what it needs of a lot (event-carried state, decision 0002)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from reservation_service.domain.errors import LotNotBookable
from reservation_service.domain.periods import Period
from reservation_service.domain.tariffs import Tariff

DAY = timedelta(days=1)
END_OF_DAY = "24:00"

SPOT_TYPES = ("standard", "compact", "accessible", "ev_charging", "motorcycle")
"""The types of spots that can be booked. No event of ours can name another type: a later release knows it."""

KEPT_FOR_SOME = ("accessible", "motorcycle")
"""Types of spots that nobody gets who does not ask for them."""

GIVEN_TO_ANYBODY = tuple(each for each in SPOT_TYPES if each not in KEPT_FOR_SOME)
"""Types of spots for a driver who names none."""


@dataclass(frozen=True, slots=True)
class OpenFor:
    """Hours of one day in local time; `closes` at or before `opens` lies on the next day, `24:00` is midnight."""

    opens: str
    closes: str


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Hours by ISO weekday (1 is Monday), and the dates on which others hold."""

    weekdays: Mapping[int, Sequence[OpenFor]]
    exceptions: Mapping[date, Sequence[OpenFor]]


@dataclass(frozen=True, slots=True)
class Closure:
    """A stretch of time in which a whole lot cannot be used; without `ends_at` until further notice."""

    starts_at: datetime
    ends_at: datetime | None

    def meets(self, period: Period) -> bool:
        """Whether any of the period lies within."""
        return self.starts_at < period.ends_at and (self.ends_at is None or period.starts_at < self.ends_at)


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot as far as booking needs it. No opening hours: open day and night.

    Lots and tariffs come by different topics, so that a lot may be here before its tariff is.
    """

    id: UUID
    organization_id: UUID
    name: str
    zone: ZoneInfo
    is_open: bool
    opening_hours: OpeningHours | None
    closures: Sequence[Closure]
    tariff: Tariff | None

    @property
    def priced_by(self) -> Tariff:
        """The tariff in force. Raises `LotNotBookable` while it has not arrived."""
        if self.tariff is None:
            raise LotNotBookable(f"{self.name} has no prices yet; ask again in a moment.")
        return self.tariff


@dataclass(frozen=True, slots=True)
class Spot:
    """A spot as far as booking needs it."""

    id: UUID
    number: str
    type: str


def check_open(lot: Lot, period: Period) -> None:
    """Raise `LotNotBookable` unless one can drive in at the period's start and out at its end."""
    if not lot.is_open:
        raise LotNotBookable(f"{lot.name} takes no reservations at present.")
    if any(closure.meets(period) for closure in lot.closures):
        raise LotNotBookable(f"{lot.name} is closed in that time.")
    if lot.opening_hours is None:
        return
    if not any(opens <= period.starts_at < closes for opens, closes in _hours_around(lot, period.starts_at)):
        raise LotNotBookable(f"{lot.name} is shut at the start, {_local(lot, period.starts_at)}.")
    if not any(opens <= period.ends_at <= closes for opens, closes in _hours_around(lot, period.ends_at)):
        raise LotNotBookable(f"{lot.name} is shut at the end, {_local(lot, period.ends_at)}.")


def _local(lot: Lot, at: datetime) -> str:
    return f"{at.astimezone(lot.zone):%Y-%m-%d %H:%M} local time"


def _hours_around(lot: Lot, at: datetime) -> list[tuple[datetime, datetime]]:
    """The hours of that day and of the day before, which may reach over midnight."""
    assert lot.opening_hours is not None
    local_date = at.astimezone(lot.zone).date()
    return [hours for day in (local_date - DAY, local_date) for hours in _hours_of(lot.opening_hours, day, lot.zone)]


def _hours_of(hours: OpeningHours, day: date, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    entries = hours.exceptions.get(day, hours.weekdays.get(day.isoweekday(), ()))
    return [(_at(day, each.opens, zone), _closing(day, each, zone)) for each in entries]


def _closing(day: date, hours: OpenFor, zone: ZoneInfo) -> datetime:
    next_day = hours.closes != END_OF_DAY and hours.closes <= hours.opens
    return _at(day + DAY if next_day else day, hours.closes, zone)


def _at(day: date, clock: str, zone: ZoneInfo) -> datetime:
    if clock == END_OF_DAY:
        return datetime.combine(day + DAY, time.min, zone)
    return datetime.combine(day, time.fromisoformat(clock), zone)
