"""The wire events that other services publish, with what a test does not care for filled in."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from parking_events import (
    LedgerEntryKind,
    LedgerPostedV1,
    LotCountedV1,
    LotCreatedV1,
    Money,
    ReservationConfirmedV1,
    ReservationStatus,
    SpotOccupiedV1,
    SpotVacatedV1,
)
from parking_events.contracts.ledger_entry import Posting
from parking_events.contracts.lot import LotStatus
from parking_events.contracts.occupancy import ObservationSource
from parking_events.contracts.spot import SpotType
from parking_events.values import Place

NOON = datetime(2025, 3, 3, 12, tzinfo=UTC)
ONE = datetime(2025, 3, 3, 13, tzinfo=UTC)
OPERATOR = UUID(int=7)
LOT = UUID(int=70)


def lot_created(
    parking_lot_id: UUID = LOT, *, zone: str = "Europe/Zurich", spots: int = 4, version: int = 1, **changes: object
) -> LotCreatedV1:
    fields: dict[str, object] = {
        "parking_lot_id": parking_lot_id,
        "organization_id": OPERATOR,
        "name": "Sihlquai",
        "address": "Sihlquai 1",
        "location": Place(latitude=47.38, longitude=8.53),
        "time_zone": zone,
        "currency": "CHF",
        "status": LotStatus.OPEN,
        "total_spots": spots,
        "version": version,
    }
    return LotCreatedV1.model_validate(fields | changes)


def posted(
    gross: int = 1000,
    tax: int = 0,
    *,
    kind: LedgerEntryKind = LedgerEntryKind.PAYMENT,
    at: datetime = NOON,
    lot: UUID = LOT,
    operator: UUID = OPERATOR,
    currency: str = "CHF",
) -> LedgerPostedV1:
    return LedgerPostedV1(
        entry_id=uuid4(),
        kind=kind,
        organization_id=operator,
        parking_lot_id=lot,
        reservation_id=uuid4(),
        payment_id=uuid4(),
        currency=currency,
        postings=(Posting(account="assets:provider", amount=gross), Posting(account="revenue", amount=-gross)),
        gross=Money(amount=gross, currency=currency),
        tax=Money(amount=tax, currency=currency),
        posted_at=at,
        version=1,
    )


def confirmed(
    starts_at: datetime = NOON,
    ends_at: datetime = ONE,
    *,
    reservation_id: UUID | None = None,
    version: int = 1,
    status: ReservationStatus = ReservationStatus.CONFIRMED,
    lot: UUID = LOT,
    **changes: object,
) -> ReservationConfirmedV1:
    fields: dict[str, object] = {
        "reservation_id": reservation_id or uuid4(),
        "user_id": uuid4(),
        "organization_id": OPERATOR,
        "parking_lot_id": lot,
        "spot_id": uuid4(),
        "spot_number": "12",
        "spot_type": SpotType.STANDARD,
        "status": status,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "created_at": NOON,
        "amount_owed": Money(amount=600, currency="CHF"),
        "amount_paid": Money(amount=600, currency="CHF"),
        "refund_due": Money(amount=0, currency="CHF"),
        "version": version,
    }
    return ReservationConfirmedV1.model_validate(fields | changes)


def spot_seen(
    spot_id: UUID, at: datetime, *, occupied: bool, version: int = 1, lot: UUID = LOT
) -> SpotOccupiedV1 | SpotVacatedV1:
    event = SpotOccupiedV1 if occupied else SpotVacatedV1
    return event(
        spot_id=spot_id,
        parking_lot_id=lot,
        occupied=occupied,
        observed_at=at,
        source=ObservationSource.SENSOR,
        version=version,
    )


def counted(occupied: int, capacity: int, at: datetime, *, version: int = 1, lot: UUID = LOT) -> LotCountedV1:
    return LotCountedV1(
        parking_lot_id=lot,
        occupied=occupied,
        capacity=capacity,
        observed_at=at,
        source=ObservationSource.COUNTER,
        version=version,
    )
