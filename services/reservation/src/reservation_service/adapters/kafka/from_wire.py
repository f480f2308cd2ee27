"""The one place where other services' wire contracts become this service's words."""

from datetime import time
from zoneinfo import ZoneInfo

from parking_events import LotState, PaymentRefundedV1, PaymentSucceededV1, RefundStatus, SpotState, TariffState
from parking_events.contracts import lot as wire_lot
from parking_events.contracts import tariff as wire_tariff
from parking_events.contracts.spot import SpotStatus
from parking_messaging.failures import PoisonEvent
from reservation_service.application.event_handlers.follow_refunds import Refunded
from reservation_service.application.event_handlers.settle_payments import Captured
from reservation_service.application.ports import LotCopy, SpotCopy
from reservation_service.domain.lots import Closure, OpenFor, OpeningHours
from reservation_service.domain.money import Money
from reservation_service.domain.tariffs import Cap, CapPeriod, LineType, RateLine, Tariff, Tax, TimeBand

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
END_OF_DAY = "24:00"
UNNAMED_ORDER = "reservation"
"""The reason of refunds that payment made by `refund_due` alone, before orders had names: no operator's either."""


def lot_copy(event: LotState) -> LotCopy:
    """What reservation keeps of a lot. Raises `PoisonEvent` for a time zone that does not exist."""
    _check_zone(event.time_zone)
    return LotCopy(
        id=event.parking_lot_id,
        organization_id=event.organization_id,
        name=event.name,
        time_zone=event.time_zone,
        latitude=event.location.latitude,
        longitude=event.location.longitude,
        is_open=event.status is wire_lot.LotStatus.OPEN,
        opening_hours=_hours(event.opening_hours) if event.opening_hours else None,
        closures=tuple(Closure(each.starts_at, each.ends_at) for each in event.closures if not each.spot_ids),
        tariff_id=event.tariff_id,
        version=event.version,
    )


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise PoisonEvent(f"there is no time zone {name}") from error


def spot_copy(event: SpotState) -> SpotCopy:
    """What reservation keeps of a spot."""
    return SpotCopy(
        id=event.spot_id,
        parking_lot_id=event.parking_lot_id,
        number=event.spot_number,
        type=event.spot_type.value,
        in_service=event.status is SpotStatus.IN_SERVICE,
        version=event.version,
    )


def tariff(event: TariffState) -> Tariff:
    """A tariff version in this domain's words."""
    return Tariff(
        id=event.tariff_id,
        currency=event.currency,
        tax=Tax(event.tax.rate_basis_points, event.tax.included),
        rounding_minutes=event.rounding_minutes,
        free_minutes=event.free_minutes,
        lines=_lines(event.lines),
        caps=tuple(Cap(CapPeriod(cap.per.value), cap.amount) for cap in event.caps),
        time_bands=tuple(
            TimeBand(frozenset(band.weekdays), _clock(band.starts), _clock(band.ends), _lines(band.lines))
            for band in event.time_bands
        ),
    )


def captured(event: PaymentSucceededV1) -> Captured:
    """Money that was captured."""
    return Captured(
        reservation_id=event.reservation_id,
        charge_id=event.charge_id,
        payment_id=event.payment_id,
        amount=Money(event.amount.amount, event.amount.currency),
    )


def refunded(event: PaymentRefundedV1) -> Refunded | None:
    """That all of a payment went back, and the refunds that may be an operator's; none where some of it is left."""
    if event.amount_refunded.amount < event.amount.amount:
        return None
    arrived = (each for each in event.refunds if each.status is RefundStatus.SUCCEEDED)
    refund_ids = frozenset(each.refund_id for each in arrived if each.reason != UNNAMED_ORDER)
    return Refunded(event.reservation_id, event.payment_id, refund_ids)


def _lines(lines: tuple[wire_tariff.RateLine, ...]) -> tuple[RateLine, ...]:
    return tuple(
        RateLine(LineType(each.type.value), each.from_minutes, each.to_minutes, each.increment_minutes, each.amount)
        for each in sorted(lines, key=lambda line: line.sequence)
    )


def _clock(wall_time: str) -> time:
    """`24:00` is the next day's start, which a band that ends there means."""
    return time.min if wall_time == END_OF_DAY else time.fromisoformat(wall_time)


def _hours(hours: wire_lot.OpeningHours) -> OpeningHours:
    weekdays = {number: _open_for(getattr(hours, name)) for number, name in enumerate(WEEKDAYS, start=1)}
    return OpeningHours(weekdays, {each.day: _open_for(each.hours) for each in hours.exceptions})


def _open_for(hours: tuple[wire_lot.Hours, ...]) -> tuple[OpenFor, ...]:
    return tuple(OpenFor(each.opens, each.closes) for each in hours)
