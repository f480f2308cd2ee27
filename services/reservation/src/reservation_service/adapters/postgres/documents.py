"""Closures and charges as JSON documents, and back; tariffs and opening hours have the kernel's plain forms."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from parking_kernel.money import Money
from parking_kernel.pricing import LineItem
from reservation_service.domain.charges import Charge, ChargeReason, ChargeStatus
from reservation_service.domain.lots import Closure

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
        )
        for document in documents
    )
