"""Reservation's own copy of what it needs of a lot (event-carried state, decision 0002), and when it can be booked."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from parking_kernel.currencies import CURRENCIES
from parking_kernel.least_charges import booking_price, can_be_charged
from parking_kernel.money import Money
from parking_kernel.opening_hours import OpeningHours
from parking_kernel.periods import InvalidPeriod, Period
from parking_kernel.pricing import Price
from parking_kernel.tariffs import Tariff
from reservation_service.domain.errors import IncompleteLot, LotNotBookable

SPOT_TYPES = ("standard", "compact", "accessible", "ev_charging", "motorcycle")
"""The types of spots that can be booked. No event of ours can name another type: a later release knows it."""

GIVEN_TO_ANYBODY = ("standard", "compact")
"""Types of spots for a driver who names none, the first as long as one is free. The others are given when asked for."""

LEAST_STAY = timedelta(minutes=15)
LONGEST = timedelta(days=31)
FURTHEST = timedelta(days=366)
TOLERANCE = timedelta(minutes=5)  # a client's clock, and the time it takes to press the button


@dataclass(frozen=True, slots=True)
class TariffVersion:
    """A version of a lot's prices, which never changes; bookings name the one that they were made under."""

    id: UUID
    tariff: Tariff = field(hash=False)


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
    tariff: TariffVersion | None
    is_retired: bool = False
    version: int = 1

    @property
    def priced_by(self) -> TariffVersion:
        """The tariff version in force. Raises `IncompleteLot` while it has not arrived."""
        if self.tariff is None:
            raise IncompleteLot(self.id, f"{self.name} has no prices yet; ask again in a moment.")
        return self.tariff

    def price(self, period: Period) -> Price:
        """What the period costs by the tariff in force.

        Raises `IncompleteLot` while that has not arrived, and `LotNotBookable` for a price that no payment can have.
        """
        return _price(self.priced_by, period, self.zone)


@lru_cache(2_048)
def _price(version: TariffVersion, period: Period, zone: ZoneInfo) -> Price:
    """A version never changes, so neither does its price; many requests for one hour of a lot need the same one."""
    cost = booking_price(version.tariff, period, zone)
    if not can_be_charged(cost.total):
        raise LotNotBookable(_why_not_payable(cost.total))
    return cost


def _why_not_payable(total: Money) -> str:
    currency = CURRENCIES.get(total.currency)
    if currency is None or not currency.supported:
        return (
            f"No payment can be made in {total.currency}, the currency of the lot's prices, however short the stay is."
        )
    most = Money(currency.largest, total.currency)
    return f"Such a stay costs {total}, more than the {most} that can be paid at once; ask for a shorter one."


@dataclass(frozen=True, slots=True)
class Spot:
    """A spot as far as booking needs it.

    `version` is the copy's that it was read from, for the statement that books it; a reservation's own spot has none.
    """

    id: UUID
    number: str
    type: str
    version: int = field(default=0, compare=False)


def check_open(lot: Lot, period: Period) -> None:
    """Raise `LotNotBookable` unless one can drive in at the period's start and out at its end."""
    if not lot.is_open:
        why = "takes no reservations at present" if lot.tariff else "has no prices yet, so it takes no reservations"
        raise LotNotBookable(f"{lot.name} {why}.")
    if any(closure.meets(period) for closure in lot.closures):
        raise LotNotBookable(f"{lot.name} is closed in that time.")
    hours = lot.opening_hours
    if hours is None or hours.is_open_during(period, lot.zone):
        return
    if not hours.is_open_at(period.starts_at, lot.zone):
        raise LotNotBookable(f"{lot.name} is shut at the start, {_local(lot, period.starts_at)}.")
    raise LotNotBookable(f"{lot.name} is shut at the end, {_local(lot, period.ends_at)}.")


def check_bookable(period: Period, now: datetime, least_stay: timedelta = LEAST_STAY) -> None:
    """Raise `InvalidPeriod` for one that has begun or is over, is too short or too long, or too far away."""
    if period.starts_at < now - TOLERANCE:
        raise InvalidPeriod("start_time", "must not be in the past")
    # Whatever the start's grace: of time that is over nothing is left to be sold.
    if period.ends_at <= now:
        raise InvalidPeriod("end_time", "must not be in the past")
    if period.length < least_stay:
        minutes = least_stay / timedelta(minutes=1)
        raise InvalidPeriod("end_time", f"must be at least {minutes:g} minutes after start_time")
    check_bounded(period, now)


def check_bounded(period: Period, now: datetime) -> None:
    """Raise `InvalidPeriod` for one that is too long or too far away."""
    if period.length > LONGEST:
        raise InvalidPeriod("end_time", f"must be at most {LONGEST.days} days after start_time")
    if period.starts_at > now + FURTHEST:
        raise InvalidPeriod("start_time", f"must be within {FURTHEST.days} days from now")


def _local(lot: Lot, at: datetime) -> str:
    return f"{at.astimezone(lot.zone):%Y-%m-%d %H:%M} local time"
