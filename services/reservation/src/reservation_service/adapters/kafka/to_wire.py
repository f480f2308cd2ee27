"""The one place where reservation's domain events become wire contracts."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json

from parking_chassis.ids import new_id
from parking_events import (
    AffectedPolicy,
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
    SettledBooking,
    SupplyChangeFinishedV1,
    SupplyChangeOutcome,
    SupplyChangeProgressedV1,
    SupplyChangeStartedV1,
    SupplyChangeState,
    SupplyChangeStatus,
    WireEvent,
)
from parking_kernel.money import Money
from parking_messaging.tracing import current_trace
from reservation_service.domain import reservations, supply
from reservation_service.domain.charges import Charge
from reservation_service.domain.refund_orders import RefundOrder

CONTRACTS: Mapping[type[reservations.ReservationEvent], type[WireEvent]] = {
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


SUPPLY_CONTRACTS: Mapping[type[supply.SupplyChangeEvent], type[SupplyChangeState]] = {
    supply.SupplyChangeStarted: SupplyChangeStartedV1,
    supply.SupplyChangeProgressed: SupplyChangeProgressedV1,
    supply.SupplyChangeFinished: SupplyChangeFinishedV1,
}


def to_wire(event: reservations.ReservationEvent | supply.SupplyChangeEvent) -> WireEvent:
    """The wire contract of a domain event: the state that it led to, without personal data."""
    if isinstance(event, supply.SupplyChangeEvent):
        return _supply_change(event)
    return CONTRACTS[type(event)].from_json(_payload(event))


def _supply_change(event: supply.SupplyChangeEvent) -> SupplyChangeState:
    state, last = event.change, event.change.last
    return SUPPLY_CONTRACTS[type(event)](
        version=state.version,
        id=state.id,
        parking_lot_id=state.parking_lot_id,
        organization_id=state.organization_id,
        affected=AffectedPolicy(state.affected.value),
        status=SupplyChangeStatus(state.status.value),
        total=state.total,
        moved=state.moved,
        refunded=state.refunded,
        cancelled=state.cancelled,
        waiting_for_exit=len(state.waiting),
        last=SettledBooking(reservation_id=last.reservation_id, outcome=SupplyChangeOutcome(last.outcome.value))
        if last
        else None,
        at=state.at,
    )


def booked_values(event: reservations.ReservationEvent) -> dict[str, Any]:
    """The columns of the event's outbox row: those of `to_wire`, but the contract does not check them again.

    A booking's event is made of what was just checked, and the check costs a tenth of a booking. A test compares the
    two, to the byte.
    """
    contract, state = CONTRACTS[type(event)], event.reservation
    return {
        "id": new_id(),
        "aggregatetype": contract.topic.name,
        "aggregateid": str(state.id),
        "version": state.version,
        "partition_key": str(state.id),
        "type": contract.event_type,
        "payload": _payload(event),
        "headers": json.dumps(current_trace()),
    }


def _payload(event: reservations.ReservationEvent) -> bytes:
    """The event as JSON, its fields in the order of the contract."""
    state, stay = event.reservation, event.reservation.parking_session
    return to_json(
        {
            "version": state.version,
            "reason": event.reason,
            "changed": event.changed,
            "reservation_id": str(state.id),
            "user_id": str(state.user_id),
            "organization_id": str(state.organization_id),
            "parking_lot_id": str(state.parking_lot_id),
            "spot_id": str(state.spot.id),
            "spot_number": state.spot.number,
            "spot_type": state.spot.type,
            "origin": "booking",
            "status": state.status.value,
            "starts_at": state.period.starts_at,
            "ends_at": state.period.ends_at,
            "created_at": state.created_at,
            "hold_expires_at": state.hold_expires_at,
            "tariff_id": str(state.tariff_id),
            "charges": [_charge(charge) for charge in state.charges],
            "amount_owed": _money(state.owed),
            "amount_paid": _money(state.paid),
            "amount_waived": _money(state.waived) if state.waived.amount else None,
            "refund_due": _money(state.refund_due),
            "refund_orders": [_refund_order(order) for order in state.refund_orders],
            "parking_session": {
                "parking_session_id": str(stay.id),
                "entered_at": stay.entered_at,
                "exited_at": stay.exited_at,
                "overstayed_since": None,
            }
            if stay
            else None,
            "moved_from": {"spot_id": str(state.moved_from.id), "spot_number": state.moved_from.number}
            if state.moved_from
            else None,
        }
    )


def _charge(charge: Charge) -> Mapping[str, Any]:
    return {
        "charge_id": str(charge.id),
        "amount": _money(charge.amount),
        "tax": _money(charge.tax),
        "reason": charge.reason.value,
        "status": charge.status.value,
    }


def _refund_order(order: RefundOrder) -> Mapping[str, Any]:
    return {
        "id": str(order.id),
        "payment_id": str(order.payment_id),
        "amount": _money(order.amount),
        "reason": order.reason.value,
    }


def _money(money: Money) -> Mapping[str, Any]:
    return {"amount": money.amount, "currency": money.currency}
