"""The one place where wire contracts become documents: those that consumers take in, and those of Kafka's history."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from analytics_service.application.ports import Document, Projection
from parking_events import (
    LedgerEntryState,
    LotOccupancyState,
    ReservationState,
    ReservationStatus,
    SpotOccupancyState,
    WireEvent,
)

RESERVATION_FIELDS = {
    *("reservation_id", "user_id", "organization_id", "parking_lot_id", "spot_id", "spot_number", "spot_type"),
    *("origin", "status", "starts_at", "ends_at", "created_at", "version"),
}
ENTRY_FIELDS = {
    *("entry_id", "kind", "organization_id", "parking_lot_id", "reservation_id", "payment_id", "refund_id"),
    *("currency", "posted_at", "version"),
}
SPOT_FIELDS = {"parking_lot_id", "spot_id", "source", "confidence", "observed_at", "version"}
COUNT_FIELDS = {"parking_lot_id", "occupied", "capacity", "source", "confidence", "observed_at", "version"}


def reservation_document(event: ReservationState) -> Document:
    """A reservation as it now is."""
    stay = event.parking_session
    booked_from, booked_until = _booked(event)
    body = {
        **event.model_dump(mode="json", include=RESERVATION_FIELDS),
        "entered_at": stay.entered_at.isoformat() if stay else None,
        "exited_at": stay.exited_at.isoformat() if stay and stay.exited_at else None,
        "booked_from": booked_from.isoformat(),
        "booked_until": booked_until.isoformat(),
        "currency": event.amount_owed.currency,
        "amount_owed": event.amount_owed.amount,
        "amount_paid": event.amount_paid.amount,
        "refund_due": event.refund_due.amount,
    }
    return Document(Projection.RESERVATIONS, event.subject, event.version, body)


def _booked(event: ReservationState) -> tuple[datetime, datetime]:
    """What of the spot's time was this reservation's, as far as it was not given back.

    None of it before it was made, and none after the car drove out: empty where that was before the period began.
    """
    starts_at = min(max(event.starts_at, event.created_at), event.ends_at)
    stay = event.parking_session
    if event.status != ReservationStatus.COMPLETED or stay is None or stay.exited_at is None:
        return starts_at, event.ends_at
    return starts_at, max(starts_at, min(stay.exited_at, event.ends_at))


def ledger_document(event: LedgerEntryState) -> Document:
    """An entry of the books, which never changes."""
    body = {
        **event.model_dump(mode="json", include=ENTRY_FIELDS),
        "gross": event.gross.amount,
        "tax": event.tax.amount,
    }
    return Document(Projection.LEDGER, event.subject, event.version, body)


def spot_sighting_document(event: SpotOccupancyState) -> Document:
    """One sighting of one spot: each is kept, so that the past can be shown."""
    fields = event.model_dump(mode="json", include=SPOT_FIELDS)
    body = {**fields, "occupied": int(event.occupied), "capacity": 1}
    return Document(Projection.OCCUPANCY, f"spot-{event.subject}-{event.version}", event.version, body)


def lot_sighting_document(event: LotOccupancyState) -> Document:
    """One count of a whole lot."""
    body = event.model_dump(mode="json", include=COUNT_FIELDS)
    return Document(Projection.OCCUPANCY, f"lot-{event.subject}-{event.version}", event.version, body)


STATES: Mapping[type[WireEvent], Callable[[Any], Document]] = {
    ReservationState: reservation_document,
    LedgerEntryState: ledger_document,
    SpotOccupancyState: spot_sighting_document,
    LotOccupancyState: lot_sighting_document,
}


def document_of(event: WireEvent) -> Document | None:
    """The document of an event, if any read model shows it."""
    return next((make(event) for state, make in STATES.items() if isinstance(event, state)), None)
