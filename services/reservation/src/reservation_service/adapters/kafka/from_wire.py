"""The one place where other services' wire contracts become this service's words.

What has a status or a type that this release does not know cannot be booked, and is no reason for a dead letter.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from parking_events import LotState, PaymentRefundedV1, PaymentSucceededV1, RefundStatus, SpotState, TariffState
from parking_events.contracts import lot as wire_lot
from parking_events.contracts.spot import SpotStatus
from parking_events.enumerations import UnknownValue
from parking_kernel.money import Money
from parking_kernel.opening_hours import WEEKDAYS, OpeningHours, opening_hours_of
from parking_kernel.tariffs import LineType, tariff_of
from parking_messaging.failures import PoisonEvent
from reservation_service.application.event_handlers.follow_refunds import Refunded
from reservation_service.application.event_handlers.settle_payments import Captured
from reservation_service.application.ports import LotCopy, SpotCopy
from reservation_service.domain.lots import Closure, TariffVersion

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
    """What reservation keeps of a spot; its type as parking named it, which may be none of `SPOT_TYPES`."""
    return SpotCopy(
        id=event.spot_id,
        parking_lot_id=event.parking_lot_id,
        number=event.spot_number,
        type=event.spot_type.value,
        in_service=event.status is SpotStatus.IN_SERVICE,
        version=event.version,
    )


def tariff_version(event: TariffState) -> TariffVersion | None:
    """A tariff version in the kernel's words; none where it counts in a way that this release does not know.

    Raises `PoisonEvent` for one that nothing can be priced by.
    """
    if any(isinstance(value, UnknownValue) for value in _ways_of_counting(event)):
        return None
    tariff = tariff_of(event.model_dump(mode="json"))
    every_line = chain(tariff.lines, *(band.lines for band in tariff.time_bands))
    if any(line.type is LineType.INCREMENTING and not line.increment_minutes for line in every_line):
        raise PoisonEvent("an incrementing rate line says how long its increments are")
    return TariffVersion(event.tariff_id, tariff)


def captured(event: PaymentSucceededV1) -> Captured:
    """Money that was captured."""
    return Captured(
        reservation_id=event.reservation_id,
        charge_id=event.charge_id,
        payment_id=event.payment_id,
        amount=Money(event.amount.amount, event.amount.currency),
    )


def _ways_of_counting(event: TariffState) -> Iterator[object]:
    for lines in (event.lines, *(band.lines for band in event.time_bands)):
        yield from (line.type for line in lines)
    yield from (cap.per for cap in event.caps)


def refunded(event: PaymentRefundedV1) -> Refunded | None:
    """That all of a payment went back, and the refunds that may be an operator's; none where some of it is left."""
    if event.amount_refunded.amount < event.amount.amount:
        return None
    arrived = (each for each in event.refunds if each.status is RefundStatus.SUCCEEDED)
    refund_ids = frozenset(each.refund_id for each in arrived if each.reason != UNNAMED_ORDER)
    return Refunded(event.reservation_id, event.payment_id, refund_ids)


def _hours(hours: wire_lot.OpeningHours) -> OpeningHours:
    plain: dict[str, Any] = {name: _texts(getattr(hours, name)) for name in WEEKDAYS}
    plain["exceptions"] = [{"date": each.day.isoformat(), "hours": _texts(each.hours)} for each in hours.exceptions]
    return opening_hours_of(plain)


def _texts(hours: tuple[wire_lot.Hours, ...]) -> list[tuple[str, str]]:
    return [(each.opens, each.closes) for each in hours]
