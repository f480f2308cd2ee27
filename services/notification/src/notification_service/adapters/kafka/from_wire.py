"""The one place where other services' wire contracts become this service's words."""

from datetime import datetime
from typing import Any
from uuid import UUID

from notification_service.application.ports import LotCopy, ReservationCopy
from notification_service.domain.notifications import Details
from notification_service.domain.occasions import Occasion, occupancy_rooms, payment_rooms, reservation_rooms
from notification_service.domain.rooms import Ownership
from parking_events import (
    LotOccupancyState,
    LotState,
    PaymentRefundedV1,
    PaymentState,
    ReservationCancelledV1,
    ReservationState,
    SpotOccupancyState,
)
from parking_events.values import Money as WireMoney
from parking_kernel.money import Money
from parking_messaging.cloud_events import Envelope


def lot_copy(event: LotState) -> LotCopy:
    """What notification keeps of a lot."""
    return LotCopy(event.parking_lot_id, event.name, event.address, event.time_zone, event.version)


def reservation_copy(event: ReservationState) -> ReservationCopy:
    """Whose a reservation is."""
    return ReservationCopy(event.reservation_id, Ownership(event.user_id, event.organization_id), event.version)


def reservation_occasion(event: ReservationState, envelope: Envelope) -> Occasion:
    """Something that happened to a reservation; the amount is what goes back where it was cancelled."""
    amount = event.refund_due if isinstance(event, ReservationCancelledV1) else event.amount_owed
    return Occasion(
        event_id=envelope.event_id,
        name=short_name(envelope.event_type),
        at=envelope.time,
        rooms=reservation_rooms(event.reservation_id, event.user_id, event.organization_id),
        public=_public_reservation(event),
        user_id=event.user_id,
        details=Details(
            parking_lot_id=event.parking_lot_id,
            reservation_id=event.reservation_id,
            amount=_money(amount),
            spot_number=event.spot_number,
            starts_at=event.starts_at,
            ends_at=event.ends_at,
        ),
        changed=frozenset(event.changed),
    )


def payment_occasion(event: PaymentState, envelope: Envelope) -> Occasion:
    """Something that happened to a payment; the amount is what came back where it was refunded."""
    amount = event.amount_refunded if isinstance(event, PaymentRefundedV1) else event.amount
    return Occasion(
        event_id=envelope.event_id,
        name=short_name(envelope.event_type),
        at=envelope.time,
        rooms=payment_rooms(event.reservation_id, event.user_id),
        public=_public(
            id=event.payment_id,
            reservation_id=event.reservation_id,
            charge_id=event.charge_id,
            status=event.status.value,
            amount=_public_money(event.amount),
            amount_refunded=_public_money(event.amount_refunded),
            failure_code=event.failure_code,
            version=event.version,
        ),
        user_id=event.user_id,
        details=Details(event.parking_lot_id, event.reservation_id, _money(amount)),
    )


def spot_occasion(event: SpotOccupancyState, envelope: Envelope) -> Occasion:
    """A sensor saw a spot."""
    seen = {"spot_id": event.spot_id, "occupied": event.occupied}
    return _occupancy(event, envelope, seen)


def lot_occasion(event: LotOccupancyState, envelope: Envelope) -> Occasion:
    """A counter counted a lot."""
    seen = {"occupied": event.occupied, "capacity": event.capacity}
    return _occupancy(event, envelope, seen)


def short_name(event_type: str) -> str:
    """`reservation.confirmed`, of `parking.reservation.confirmed.v1`."""
    return event_type.removeprefix("parking.").rpartition(".")[0]


def _occupancy(event: SpotOccupancyState | LotOccupancyState, envelope: Envelope, seen: dict[str, Any]) -> Occasion:
    public = _public(
        parking_lot_id=event.parking_lot_id,
        **seen,
        observed_at=event.observed_at,
        confidence=event.confidence,
        version=event.version,
    )
    name, rooms = short_name(envelope.event_type), occupancy_rooms(event.parking_lot_id)
    return Occasion(envelope.event_id, name, envelope.time, rooms, public)


def _public_reservation(event: ReservationState) -> dict[str, object]:
    stay = event.parking_session
    return _public(
        id=event.reservation_id,
        parking_lot_id=event.parking_lot_id,
        spot_id=event.spot_id,
        spot_number=event.spot_number,
        spot_type=event.spot_type.value,
        status=event.status.value,
        start_time=event.starts_at,
        end_time=event.ends_at,
        hold_expires_at=event.hold_expires_at,
        total_cost=_public_money(event.amount_owed),
        refund_due=_public_money(event.refund_due),
        entered_at=stay.entered_at if stay else None,
        exited_at=stay.exited_at if stay else None,
        reason=event.reason,
        version=event.version,
    )


def _public(**fields: object) -> dict[str, object]:
    """Fields as JSON has them."""
    return {name: _plain(value) for name, value in fields.items()}


def _plain(value: object) -> object:
    match value:
        case UUID():
            return str(value)
        case datetime():
            return value.isoformat()
        case _:
            return value


def _public_money(money: WireMoney) -> dict[str, object]:
    return {"amount": money.amount, "currency": money.currency}


def _money(money: WireMoney) -> Money:
    return Money(money.amount, money.currency)
