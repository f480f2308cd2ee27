"""Each contract becomes a document, field by field, and the strict mapping has exactly these fields."""

import json
from datetime import datetime, timedelta
from importlib import resources
from uuid import UUID, uuid4

import pytest
from services.analytics.tests.events import (
    LOT,
    NOON,
    ONE,
    OPERATOR,
    confirmed,
    counted,
    lot_created,
    posted,
    spot_seen,
)

from analytics_service.adapters.kafka.documents import STATES, document_of, reservation_document
from analytics_service.application.ports import LotCopy, Projection
from analytics_service.entrypoints.consumers import lot_copy
from parking_events import EVENT_CLASSES, Money, ParkingSession, ReservationStatus, WireEvent
from parking_events.topics import LEDGER_ENTRY, OCCUPANCY, RESERVATION
from parking_messaging.failures import PoisonEvent

SPOT = UUID(int=700)
EVERY = [posted(), confirmed(), spot_seen(SPOT, NOON, occupied=True), counted(3, 4, NOON)]


def test_a_reservation() -> None:
    event = confirmed(
        version=3,
        parking_session=ParkingSession(parking_session_id=uuid4(), entered_at=NOON, exited_at=ONE),
        refund_due=Money(amount=200, currency="CHF"),
    )
    document = document_of(event)
    assert document is not None
    assert (document.projection, document.id, document.version) == (
        Projection.RESERVATIONS,
        str(event.reservation_id),
        3,
    )
    assert document.body == {
        "reservation_id": str(event.reservation_id),
        "user_id": str(event.user_id),
        "organization_id": str(OPERATOR),
        "parking_lot_id": str(LOT),
        "spot_id": str(event.spot_id),
        "spot_number": "12",
        "spot_type": "standard",
        "origin": "booking",
        "status": "confirmed",
        "starts_at": "2025-03-03T12:00:00Z",
        "ends_at": "2025-03-03T13:00:00Z",
        "created_at": "2025-03-03T12:00:00Z",
        "entered_at": "2025-03-03T12:00:00+00:00",
        "exited_at": "2025-03-03T13:00:00+00:00",
        "booked_from": "2025-03-03T12:00:00+00:00",
        "booked_until": "2025-03-03T13:00:00+00:00",
        "currency": "CHF",
        "amount_owed": 600,
        "amount_paid": 600,
        "refund_due": 200,
        "version": 3,
    }


HALF = timedelta(minutes=30)


@pytest.mark.parametrize(
    ("status", "exited_at", "made_at", "booked"),
    [
        ("confirmed", None, NOON, (NOON, ONE)),
        ("active", None, NOON, (NOON, ONE)),
        ("no_show", None, NOON, (NOON, ONE)),
        ("completed", NOON + HALF, NOON, (NOON, NOON + HALF)),
        ("completed", ONE + HALF, NOON, (NOON, ONE)),
        ("completed", NOON - timedelta(minutes=5), NOON - HALF, (NOON, NOON)),
        ("confirmed", None, NOON + timedelta(minutes=5), (NOON + timedelta(minutes=5), ONE)),
        ("confirmed", None, ONE + HALF, (ONE, ONE)),
        ("completed", NOON + timedelta(minutes=2), NOON + timedelta(minutes=5), (NOON + timedelta(minutes=5),) * 2),
    ],
    ids=[
        "all of it",
        "also while the car is in",
        "also where nobody came",
        "until the car drives out",
        "and not beyond the end",
        "nothing where it drove out before the period began",
        "not before it was made",
        "nothing of a period that was over by then",
        "nothing where it drove out before it was made",
    ],
)
def test_time_that_is_given_back_is_not_booked(
    status: str, exited_at: datetime | None, made_at: datetime, booked: tuple[datetime, datetime]
) -> None:
    stay = ParkingSession(parking_session_id=uuid4(), entered_at=NOON - timedelta(minutes=10), exited_at=exited_at)
    event = confirmed(status=ReservationStatus(status), created_at=made_at, parking_session=stay if exited_at else None)
    body = reservation_document(event).body
    assert (body["booked_from"], body["booked_until"]) == tuple(instant.isoformat() for instant in booked)


def test_a_ledger_entry() -> None:
    event = posted(1_000, 70)
    document = document_of(event)
    assert document is not None
    assert (document.projection, document.id, document.version) == (Projection.LEDGER, str(event.entry_id), 1)
    assert document.body == {
        "entry_id": str(event.entry_id),
        "kind": "payment",
        "organization_id": str(OPERATOR),
        "parking_lot_id": str(LOT),
        "reservation_id": str(event.reservation_id),
        "payment_id": str(event.payment_id),
        "refund_id": None,
        "currency": "CHF",
        "gross": 1_000,
        "tax": 70,
        "posted_at": "2025-03-03T12:00:00Z",
        "version": 1,
    }


def test_a_sighting_of_a_spot_is_kept_beside_the_ones_before() -> None:
    document = document_of(spot_seen(SPOT, NOON, occupied=True, version=5))
    assert document is not None
    assert (document.projection, document.id, document.version) == (Projection.OCCUPANCY, f"spot-{SPOT}-5", 5)
    assert document.body == {
        "parking_lot_id": str(LOT),
        "spot_id": str(SPOT),
        "occupied": 1,
        "capacity": 1,
        "source": "sensor",
        "confidence": 1.0,
        "observed_at": "2025-03-03T12:00:00Z",
        "version": 5,
    }


def test_a_count_of_a_lot() -> None:
    document = document_of(counted(3, 4, NOON, version=9))
    assert document is not None
    assert (document.projection, document.id, document.version) == (Projection.OCCUPANCY, f"lot-{LOT}-9", 9)
    assert document.body == {
        "parking_lot_id": str(LOT),
        "occupied": 3,
        "capacity": 4,
        "source": "counter",
        "confidence": 1.0,
        "observed_at": "2025-03-03T12:00:00Z",
        "version": 9,
    }


@pytest.mark.parametrize("projection", Projection)
def test_the_mapping_covers_exactly_the_fields(projection: Projection) -> None:
    package = "analytics_service.adapters.elasticsearch"
    mapping = json.loads(resources.files(package).joinpath("mappings", f"{projection}.json").read_text())
    documents = [document for event in EVERY if (document := document_of(event))]
    fields = {name for document in documents if document.projection is projection for name in document.body}
    assert mapping["dynamic"] == "strict"
    assert mapping["properties"].keys() == fields


def test_every_event_of_the_projected_topics_becomes_a_document() -> None:
    projected = {RESERVATION, LEDGER_ENTRY, OCCUPANCY}
    of_topics = [each for each in EVENT_CLASSES.values() if each.topic in projected]
    assert all(issubclass(each, tuple(STATES)) for each in of_topics)


def test_other_events_become_none() -> None:
    event: WireEvent = lot_created()
    assert document_of(event) is None


def test_a_lot_is_kept_as_far_as_questions_need_it() -> None:
    assert lot_copy(lot_created(spots=4, version=2)) == LotCopy(LOT, OPERATOR, "Europe/Zurich", "CHF", 4, 2)


def test_a_zone_that_nobody_knows_is_poison() -> None:
    with pytest.raises(PoisonEvent, match="Mars/Olympus is no time zone"):
        lot_copy(lot_created(zone="Mars/Olympus"))
