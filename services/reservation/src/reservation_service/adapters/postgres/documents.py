"""Tariffs, opening hours, charges and refund orders as JSON documents, and back."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, Protocol
from uuid import UUID

from reservation_service.domain.charges import Charge, ChargeReason, ChargeStatus
from reservation_service.domain.lots import Closure, OpenFor, OpeningHours
from reservation_service.domain.money import Money
from reservation_service.domain.pricing import LineItem
from reservation_service.domain.refund_orders import RefundOrder, RefundReason
from reservation_service.domain.tariffs import Cap, CapPeriod, LineType, RateLine, Tariff, Tax, TimeBand

Document = Mapping[str, Any]


class Row(Protocol):
    """A row by the names of its columns, from either driver."""

    def __getitem__(self, name: str, /) -> Any:
        """One column's value."""
        ...


def tariff_document(tariff: Tariff) -> Document:
    """A tariff as it is kept."""
    return {
        "currency": tariff.currency,
        "tax": {"rate_basis_points": tariff.tax.rate_basis_points, "included": tariff.tax.included},
        "rounding_minutes": tariff.rounding_minutes,
        "free_minutes": tariff.free_minutes,
        "lines": [_line_document(line) for line in tariff.lines],
        "caps": [{"per": cap.per.value, "amount": cap.amount} for cap in tariff.caps],
        "time_bands": [
            {
                "weekdays": sorted(band.weekdays),
                "starts": band.starts.isoformat(),
                "ends": band.ends.isoformat(),
                "lines": [_line_document(line) for line in band.lines],
            }
            for band in tariff.time_bands
        ],
    }


def tariff_of(tariff_id: UUID, document: Document) -> Tariff:
    """The tariff of a document."""
    return Tariff(
        id=tariff_id,
        currency=document["currency"],
        tax=Tax(**document["tax"]),
        rounding_minutes=document["rounding_minutes"],
        free_minutes=document["free_minutes"],
        lines=[_line(line) for line in document["lines"]],
        caps=[Cap(CapPeriod(cap["per"]), cap["amount"]) for cap in document["caps"]],
        time_bands=[
            TimeBand(
                frozenset(band["weekdays"]),
                time.fromisoformat(band["starts"]),
                time.fromisoformat(band["ends"]),
                [_line(line) for line in band["lines"]],
            )
            for band in document["time_bands"]
        ],
    )


def hours_document(hours: OpeningHours) -> Document:
    """Opening hours as they are kept."""
    return {
        "weekdays": {str(day): _entries(open_for) for day, open_for in hours.weekdays.items()},
        "exceptions": {day.isoformat(): _entries(open_for) for day, open_for in hours.exceptions.items()},
    }


def hours_of(document: Document) -> OpeningHours:
    """The opening hours of a document."""
    return OpeningHours(
        {int(day): _open_for(entries) for day, entries in document["weekdays"].items()},
        {date.fromisoformat(day): _open_for(entries) for day, entries in document["exceptions"].items()},
    )


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


def _line_document(line: RateLine) -> Document:
    return {
        "type": line.type.value,
        "from_minutes": line.from_minutes,
        "to_minutes": line.to_minutes,
        "increment_minutes": line.increment_minutes,
        "amount": line.amount,
    }


def _line(document: Document) -> RateLine:
    return RateLine(**{**document, "type": LineType(document["type"])})


def _entries(open_for: Sequence[OpenFor]) -> list[list[str]]:
    return [[each.opens, each.closes] for each in open_for]


def _open_for(entries: Sequence[Sequence[str]]) -> list[OpenFor]:
    return [OpenFor(opens, closes) for opens, closes in entries]
