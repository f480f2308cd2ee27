"""What most tests start from: a lot in Zurich, three spots, two francs an hour."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from parking_chassis.ids import new_id
from parking_kernel.opening_hours import OpeningHours
from parking_kernel.periods import Period
from parking_kernel.pricing import price
from parking_kernel.tariffs import LineType, RateLine, Tariff, Tax
from reservation_service.application.ports import LotCopy, SpotCopy
from reservation_service.domain.lots import Closure, Lot, Spot, TariffVersion
from reservation_service.domain.reservations import Reservation

ZURICH = ZoneInfo("Europe/Zurich")
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
START = NOW + timedelta(days=1)


def hourly(amount: int = 200, currency: str = "CHF") -> TariffVersion:
    """Each started hour, 7.7 % tax included."""
    line = RateLine(1, LineType.INCREMENTING, 0, None, 60, amount)
    return TariffVersion(uuid4(), Tariff(currency, (line,), Tax(770, included=True)))


def period(hours: float = 3, start: datetime = START) -> Period:
    return Period(start, start + timedelta(hours=hours))


def a_spot(number: str = "1", spot_type: str = "standard") -> Spot:
    return Spot(uuid4(), number, spot_type)


def a_lot(
    tariff: TariffVersion | None = None,
    *,
    is_open: bool = True,
    opening_hours: OpeningHours | None = None,
    closures: Sequence[Closure] = (),
) -> Lot:
    return Lot(uuid4(), uuid4(), "Sihlquai", ZURICH, is_open, opening_hours, closures, tariff or hourly())


def a_hold(
    *, lot: Lot | None = None, user_id: UUID | None = None, when: Period | None = None, at: datetime = NOW
) -> Reservation:
    """A hold of three hours, unpaid, with nothing left to publish but its creation."""
    lot, when = lot or a_lot(), when or period()
    return Reservation.hold(
        new_id(at),
        user_id=user_id or uuid4(),
        lot=lot,
        spot=a_spot(),
        period=when,
        price=price(lot.priced_by.tariff, when, lot.zone),
        charge_id=uuid4(),
        vehicle_plate="ZH 1",
        at=at,
    )


def lot_copy(tariff: TariffVersion | None, **changes: Any) -> LotCopy:
    """A lot as parking publishes it."""
    copy = LotCopy(
        id=uuid4(),
        organization_id=uuid4(),
        name="Sihlquai",
        time_zone="Europe/Zurich",
        latitude=47.38,
        longitude=8.53,
        is_open=True,
        opening_hours=None,
        closures=(),
        tariff_id=tariff.id if tariff else None,
        version=1,
    )
    return replace(copy, **changes)


def spot_copy(parking_lot_id: UUID, number: str, spot_type: str = "standard") -> SpotCopy:
    """A spot as parking publishes it."""
    return SpotCopy(uuid4(), parking_lot_id, number, spot_type, in_service=True, version=1)
