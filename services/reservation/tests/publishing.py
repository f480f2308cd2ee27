"""Other services' events, as their relays publish them."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

from aiokafka import AIOKafkaConsumer, TopicPartition
from services.reservation.tests.driving import Json

from parking_events import (
    LotCreatedV1,
    PaymentRefundedV1,
    PaymentSucceededV1,
    SpotCreatedV1,
    SpotType,
    TariffPublishedV1,
    UserState,
    WireEvent,
)
from parking_events.contracts.lot import LotStatus
from parking_events.contracts.payment import PaymentStatus, Refund, RefundStatus
from parking_events.contracts.spot import SpotStatus
from parking_events.contracts.tariff import RateLine, RateLineType, Tax
from parking_events.contracts.user import UserStatus
from parking_events.topics import Topic
from parking_events.values import Money, Place
from parking_messaging.adapters.kafka_publisher import KafkaPublisher
from parking_messaging.cloud_events import outgoing
from parking_messaging.outbox_rows import outbox_row
from parking_messaging.records import Unsent
from parking_platform.testing.waiting import wait_until
from reservation_service.bootstrap import Reservation
from reservation_service.entrypoints.consumers import messaging


class Publishing:
    """Publishes what other services publish."""

    def __init__(self, publisher: KafkaPublisher) -> None:
        self._publisher = publisher

    async def publish(self, event: WireEvent) -> None:
        """Publish, and wait until the broker has it."""
        now = datetime.now(UTC)
        await self._publisher.publish([outgoing(Unsent(1, outbox_row(event), now), b"/services/somebody")])


def a_lot_event(parking_lot_id: UUID, tariff_id: UUID, *, name: str = "Sihlquai", version: int = 1) -> LotCreatedV1:
    return LotCreatedV1(
        version=version,
        parking_lot_id=parking_lot_id,
        organization_id=uuid4(),
        name=name,
        address="Sihlquai 41",
        location=Place(latitude=47.38, longitude=8.53),
        time_zone="Europe/Zurich",
        currency="CHF",
        status=LotStatus.OPEN,
        total_spots=1,
        tariff_id=tariff_id,
    )


def a_tariff_event(tariff_id: UUID, parking_lot_id: UUID) -> TariffPublishedV1:
    line = RateLine(sequence=1, type=RateLineType.INCREMENTING, from_minutes=0, increment_minutes=60, amount=200)
    return TariffPublishedV1(
        version=1,
        tariff_id=tariff_id,
        organization_id=uuid4(),
        parking_lot_id=parking_lot_id,
        number=1,
        currency="CHF",
        tax=Tax(rate_basis_points=770, included=True),
        lines=(line,),
        published_at=datetime.now(UTC),
    )


def a_spot_event(parking_lot_id: UUID) -> SpotCreatedV1:
    return SpotCreatedV1(
        version=1,
        spot_id=uuid4(),
        parking_lot_id=parking_lot_id,
        organization_id=uuid4(),
        spot_number="A1",
        spot_type=SpotType.STANDARD,
        status=SpotStatus.IN_SERVICE,
    )


def a_payment_event(reservation: Json) -> PaymentSucceededV1:
    """The booking's charge was paid."""
    charge = reservation["charge"]
    changes = {"charge_id": UUID(charge["id"]), "amount": Money(**charge["amount"])}
    return payment_of(UUID(reservation["id"])).model_copy(update=changes)


def payment_of(reservation_id: UUID) -> PaymentSucceededV1:
    """Some charge of a reservation was paid."""
    now = datetime.now(UTC)
    return PaymentSucceededV1(
        version=2,
        payment_id=uuid4(),
        charge_id=uuid4(),
        reservation_id=reservation_id,
        organization_id=uuid4(),
        parking_lot_id=uuid4(),
        status=PaymentStatus.SUCCEEDED,
        amount=Money(amount=600, currency="CHF"),
        amount_refunded=Money(amount=0, currency="CHF"),
        requested_at=now,
        succeeded_at=now,
    )


def a_refund_event(paid: PaymentSucceededV1, reason: str = "goodwill") -> PaymentRefundedV1:
    """All of a payment went back."""
    refund = Refund(refund_id=uuid4(), amount=paid.amount, status=RefundStatus.SUCCEEDED, reason=reason)
    state = paid.model_dump() | {
        "version": 4,
        "status": PaymentStatus.REFUNDED,
        "amount_refunded": paid.amount,
        "refunds": (refund,),
    }
    return PaymentRefundedV1(**state)


def a_user_event[Event: UserState](kind: type[Event], user_id: UUID, version: int, **changes: object) -> Event:
    """An account at a version: suspended where that is what happened to it."""
    suspended = kind.event_type.endswith("suspended.v1")
    state = {
        "version": version,
        "user_id": user_id,
        "status": UserStatus.SUSPENDED if suspended else UserStatus.ACTIVE,
        "is_verified": True,
        "roles": ("user",),
        "registered_at": datetime.now(UTC),
        **changes,
    }
    return kind.model_validate(state)


@asynccontextmanager
async def taking_in(service: Reservation) -> AsyncIterator[None]:
    """All consumers run within the block."""
    stop = asyncio.Event()
    groups = messaging(service).consumers.values()
    running = [asyncio.create_task(consumer.run(stop)) for consumer in groups]
    await wait_until(lambda: all(consumer.status().partitions for consumer in groups), "the consumers", seconds=60)
    yield
    stop.set()
    await asyncio.gather(*running)


async def skip_to_the_end(bootstrap_servers: str, group: str, topics: Collection[Topic]) -> None:
    """Let a group begin with what is published from now on: the broker has what other tests published."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers, group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = [TopicPartition(topic.name, number) for topic in topics for number in range(topic.partitions)]
        consumer.assign(partitions)
        await consumer.commit(await consumer.end_offsets(partitions))
    finally:
        await consumer.stop()
