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
class Lot:
    """A lot as far as booking needs it. No opening hours: open day and night."""

    id: UUID
    organization_id: UUID
    name: str
    zone: ZoneInfo
    is_open: bool
    opening_hours: OpeningHours | None
    tariff: Tariff


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
    for moment, what in ((period.starts_at, "start"), (period.ends_at, "end")):
        if lot.opening_hours and not _is_open_at(lot.opening_hours, moment, lot.zone):
            local = moment.astimezone(lot.zone)
            raise LotNotBookable(f"{lot.name} is shut at the {what}, {local:%Y-%m-%d %H:%M} local time.")


def _is_open_at(hours: OpeningHours, at: datetime, zone: ZoneInfo) -> bool:
    """Closing time itself counts as open: one may drive out on the stroke."""
    local_date = at.astimezone(zone).date()
    return any(
        opens <= at <= closes for day in (local_date - DAY, local_date) for opens, closes in _hours_of(hours, day, zone)
    )


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
