"""Reservations as rows, their charges and refund orders and lots' closures as JSON documents, and back.

The rest has the kernel's plain forms.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from parking_kernel.money import Money
from parking_kernel.periods import Period
from parking_kernel.pricing import LineItem
from reservation_service.domain.charges import Charge, ChargeReason, ChargeStatus
from reservation_service.domain.lots import Closure, Spot
from reservation_service.domain.refund_orders import RefundOrder, RefundReason
from reservation_service.domain.reservations import ParkingSession, ReservationState, ReservationStatus

Document = Mapping[str, Any]


class Row(Protocol):
    """A row by the names of its columns, from either driver."""

    def __getitem__(self, name: str, /) -> Any:
        """One column's value."""
        ...


def closures_document(closures: Sequence[Closure]) -> list[Document]:
    """Closures as they are stored."""
    return [
        {"starts_at": each.starts_at.isoformat(), "ends_at": each.ends_at.isoformat() if each.ends_at else None}
        for each in closures
    ]


def closures_of(documents: Sequence[Document]) -> tuple[Closure, ...]:
    """The closures of a document."""
    return tuple(
        Closure(
            datetime.fromisoformat(each["starts_at"]),
            datetime.fromisoformat(each["ends_at"]) if each["ends_at"] else None,
        )
        for each in documents
    )


def charges_document(charges: Sequence[Charge]) -> list[Document]:
    """Charges as they are stored."""
    return [
        {
            "id": str(charge.id),
            "reason": charge.reason.value,
            "status": charge.status.value,
            "amount": charge.amount.amount,
            "tax": charge.tax.amount,
            "line_items": [[item.label, item.kind, item.amount] for item in charge.line_items],
            "paid_by": str(charge.paid_by) if charge.paid_by else None,
            "refunded": charge.refunded,
        }
        for charge in charges
    ]


def charges_of(documents: Sequence[Document], currency: str) -> tuple[Charge, ...]:
    """The charges of a document."""
    return tuple(
        Charge(
            UUID(document["id"]),
            ChargeReason(document["reason"]),
            ChargeStatus(document["status"]),
            Money(document["amount"], currency),
            Money(document["tax"], currency),
            tuple(LineItem(*item) for item in document["line_items"]),
            UUID(document["paid_by"]) if document["paid_by"] else None,
            document.get("refunded", False),  # not in those that were written before orders had names
        )
        for document in documents
    )


def refund_orders_document(orders: Sequence[RefundOrder]) -> list[Document]:
    """Refund orders as they are stored."""
    return [
        {
            "id": str(order.id),
            "payment_id": str(order.payment_id),
            "amount": order.amount.amount,
            "reason": order.reason.value,
        }
        for order in orders
    ]


def refund_orders_of(documents: Sequence[Document], currency: str) -> tuple[RefundOrder, ...]:
    """The refund orders of a document."""
    return tuple(
        RefundOrder(
            UUID(document["id"]),
            UUID(document["payment_id"]),
            Money(document["amount"], currency),
            RefundReason(document["reason"]),
        )
        for document in documents
    )


def _spot_document(spot: Spot) -> Document:
    return {"id": str(spot.id), "number": spot.number, "type": spot.type}


def reservation_row(state: ReservationState) -> dict[str, Any]:
    """The columns of a reservation."""
    stay = state.parking_session
    return {
        "id": state.id,
        "user_id": state.user_id,
        "organization_id": state.organization_id,
        "parking_lot_id": state.parking_lot_id,
        "spot_id": state.spot.id,
        "spot_number": state.spot.number,
        "spot_type": state.spot.type,
        "starts_at": state.period.starts_at,
        "ends_at": state.period.ends_at,
        "status": state.status.value,
        "tariff_id": state.tariff_id,
        "currency": state.currency,
        "charges": charges_document(state.charges),
        "refund_due": state.refund_due.amount,
        "refund_orders": refund_orders_document(state.refund_orders),
        "moved_from": _spot_document(state.moved_from) if state.moved_from else None,
        "cancelled_at": state.cancelled_at,
        "created_at": state.created_at,
        "hold_expires_at": state.hold_expires_at,
        "vehicle_plate": state.vehicle_plate,
        "parking_session_id": stay.id if stay else None,
        "entered_at": stay.entered_at if stay else None,
        "exited_at": stay.exited_at if stay else None,
        "version": state.version,
    }


def reservation_of(row: Row) -> ReservationState:
    """The reservation of a row."""
    currency = row["currency"]
    stay_id, moved_from = row["parking_session_id"], row["moved_from"]
    return ReservationState(
        id=row["id"],
        user_id=row["user_id"],
        organization_id=row["organization_id"],
        parking_lot_id=row["parking_lot_id"],
        spot=Spot(row["spot_id"], row["spot_number"], row["spot_type"]),
        period=Period(row["starts_at"], row["ends_at"]),
        status=ReservationStatus(row["status"]),
        tariff_id=row["tariff_id"],
        currency=currency,
        charges=charges_of(row["charges"], currency),
        created_at=row["created_at"],
        hold_expires_at=row["hold_expires_at"],
        vehicle_plate=row["vehicle_plate"],
        parking_session=ParkingSession(stay_id, row["entered_at"], row["exited_at"]) if stay_id else None,
        version=row["version"],
        refund_orders=refund_orders_of(row["refund_orders"], currency),
        moved_from=Spot(UUID(moved_from["id"]), moved_from["number"], moved_from["type"]) if moved_from else None,
        cancelled_at=row["cancelled_at"],
    )
