"""Closures, charges and refund orders as JSON documents, and back; the rest has the kernel's plain forms."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from parking_kernel.money import Money
from parking_kernel.pricing import LineItem
from reservation_service.domain.charges import Charge, ChargeReason, ChargeStatus
from reservation_service.domain.lots import Closure
from reservation_service.domain.refund_orders import RefundOrder, RefundReason

Document = Mapping[str, Any]


class Row(Protocol):
    """A row by the names of its columns, from either driver."""

    def __getitem__(self, name: str, /) -> Any:
        """One column's value."""
        ...


def closures_document(closures: Sequence[Closure]) -> list[Document]:
    """Closures as they are kept."""
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
    """Charges as they are kept."""
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
    """Refund orders as they are kept."""
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
