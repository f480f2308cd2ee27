"""Other services' events as they come by Kafka."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from aiokafka import AIOKafkaProducer

from parking_chassis.ids import new_id
from parking_events import (
    LotCreatedV1,
    LotStatus,
    Money,
    PaymentState,
    PaymentStatus,
    PaymentSucceededV1,
    Place,
    ReservationConfirmedV1,
    ReservationState,
    ReservationStatus,
    SpotOccupiedV1,
    SpotType,
    WireEvent,
)
from parking_events.contracts.occupancy import ObservationSource

START = datetime(2026, 7, 1, 6, tzinfo=UTC)


def lot_event(lot_id: UUID, name: str = "Sihlquai & Söhne", time_zone: str = "Europe/Zurich") -> LotCreatedV1:
    return LotCreatedV1(
        version=1,
        parking_lot_id=lot_id,
        organization_id=uuid4(),
        name=name,
        address="Sihlquai 41, Zürich",
        location=Place(latitude=47.38, longitude=8.53),
        time_zone=time_zone,
        currency="CHF",
        status=LotStatus.OPEN,
        total_spots=3,
    )


def reservation_event(event_class: type[ReservationState] = ReservationConfirmedV1, **changes: Any) -> ReservationState:
    values: dict[str, Any] = {
        "version": 2,
        "reservation_id": new_id(),
        "user_id": uuid4(),
        "organization_id": uuid4(),
        "parking_lot_id": uuid4(),
        "spot_id": uuid4(),
        "spot_number": "A7",
        "spot_type": SpotType.STANDARD,
        "status": ReservationStatus.CONFIRMED,
        "starts_at": START,
        "ends_at": START + timedelta(hours=3),
        "created_at": datetime.now(UTC),
        "amount_owed": Money(amount=1250, currency="CHF"),
        "amount_paid": Money(amount=1250, currency="CHF"),
        "refund_due": Money(amount=0, currency="CHF"),
    }
    return event_class(**(values | changes))


def payment_event(event_class: type[PaymentState] = PaymentSucceededV1, **changes: Any) -> PaymentState:
    values: dict[str, Any] = {
        "version": 3,
        "payment_id": uuid4(),
        "charge_id": uuid4(),
        "reservation_id": uuid4(),
        "user_id": uuid4(),
        "organization_id": uuid4(),
        "parking_lot_id": uuid4(),
        "status": PaymentStatus.SUCCEEDED,
        "amount": Money(amount=1250, currency="CHF"),
        "amount_refunded": Money(amount=0, currency="CHF"),
        "requested_at": datetime.now(UTC),
    }
    return event_class(**(values | changes))


def spot_event(lot_id: UUID, version: int = 1) -> SpotOccupiedV1:
    return SpotOccupiedV1(
        version=version,
        spot_id=uuid4(),
        parking_lot_id=lot_id,
        occupied=True,
        observed_at=datetime.now(UTC),
        source=ObservationSource.SENSOR,
    )


class Publishing:
    """Writes to Kafka as the other services' relays do."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer

    async def __call__(
        self, *events: WireEvent, times: int = 1, event_id: UUID | None = None, traceparent: str | None = None
    ) -> None:
        """Publish events in their order, each so many times with the same id, as part of a trace."""
        for event in events:
            headers = _headers(event, event_id or new_id())
            if traceparent:
                headers.append(("traceparent", traceparent.encode()))
            for _ in range(times):
                await self._producer.send_and_wait(
                    event.topic.name, event.to_json(), key=event.partition_key.encode(), headers=headers
                )


def _headers(event: WireEvent, event_id: UUID) -> list[tuple[str, bytes]]:
    headers = {
        "ce_specversion": "1.0",
        "ce_id": str(event_id),
        "ce_type": event.event_type,
        "ce_source": "/services/test",
        "ce_subject": event.subject,
        "ce_time": datetime.now(UTC).isoformat(),
        "content-type": "application/json",
    }
    return [(name, value.encode()) for name, value in headers.items()]
