"""The one place where reservation's domain events become wire contracts."""

from typing import Any

from parking_events import (
    ChargeRaisedV1,
    ReservationCancelledV1,
    ReservationChangedV1,
    ReservationCheckedInV1,
    ReservationCompletedV1,
    ReservationConfirmedV1,
    ReservationCreatedV1,
    ReservationExpiredV1,
    ReservationNoShowV1,
    ReservationReinstatedV1,
    WireEvent,
)
from parking_events.contracts import reservation as wire
from parking_events.contracts.spot import SpotType
from parking_events.values import Money as WireMoney
from parking_kernel.money import Money
from reservation_service.domain import reservations
from reservation_service.domain.charges import Charge
from reservation_service.domain.refund_orders import RefundOrder

CONTRACTS: dict[type[reservations.ReservationEvent], type[WireEvent]] = {
    reservations.ReservationCreated: ReservationCreatedV1,
    reservations.ReservationConfirmed: ReservationConfirmedV1,
    reservations.ReservationReinstated: ReservationReinstatedV1,
    reservations.ReservationChanged: ReservationChangedV1,
    reservations.ReservationCancelled: ReservationCancelledV1,
    reservations.ReservationExpired: ReservationExpiredV1,
    reservations.ReservationCheckedIn: ReservationCheckedInV1,
    reservations.ReservationCompleted: ReservationCompletedV1,
    reservations.ReservationNoShow: ReservationNoShowV1,
    reservations.ChargeRaised: ChargeRaisedV1,
}


def to_wire(event: reservations.ReservationEvent) -> WireEvent:
    """The wire contract of a domain event: the state that it led to, without personal data."""
    fields = _state(event.reservation) | {"reason": event.reason, "changed": event.changed}
    return CONTRACTS[type(event)](**fields)


def _state(state: reservations.ReservationState) -> dict[str, Any]:
    stay = state.parking_session
    return {
        "version": state.version,
        "reservation_id": state.id,
        "user_id": state.user_id,
        "organization_id": state.organization_id,
        "parking_lot_id": state.parking_lot_id,
        "spot_id": state.spot.id,
        "spot_number": state.spot.number,
        "spot_type": SpotType(state.spot.type),
        "status": wire.ReservationStatus(state.status.value),
        "starts_at": state.period.starts_at,
        "ends_at": state.period.ends_at,
        "created_at": state.created_at,
        "hold_expires_at": state.hold_expires_at,
        "tariff_id": state.tariff_id,
        "charges": tuple(_charge(charge) for charge in state.charges),
        "amount_owed": _money(state.owed),
        "amount_paid": _money(state.paid),
        "refund_due": _money(state.refund_due),
        "refund_orders": tuple(_refund_order(order) for order in state.refund_orders),
        "parking_session": wire.ParkingSession(
            parking_session_id=stay.id, entered_at=stay.entered_at, exited_at=stay.exited_at
        )
        if stay
        else None,
    }


def _charge(charge: Charge) -> wire.Charge:
    return wire.Charge(
        charge_id=charge.id,
        amount=_money(charge.amount),
        tax=_money(charge.tax),
        reason=wire.ChargeReason(charge.reason.value),
        status=wire.ChargeStatus(charge.status.value),
    )


def _refund_order(order: RefundOrder) -> wire.RefundOrder:
    return wire.RefundOrder(
        id=order.id, payment_id=order.payment_id, amount=_money(order.amount), reason=order.reason.value
    )


def _money(money: Money) -> WireMoney:
    return WireMoney(amount=money.amount, currency=money.currency)
