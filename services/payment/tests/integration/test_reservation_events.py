"""Reservation's events over Kafka: what is due goes back, what is given up is withdrawn."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest_asyncio
from libs.events.tests.later_values import LATER
from libs.messaging.tests.later_events import later_records, publish_and_wait
from services.payment.tests.browser import Browser
from services.payment.tests.desk import Desk
from services.payment.tests.people import Owed

from parking_events import (
    Charge,
    RefundOrder,
    ReservationCancelledV1,
    ReservationConfirmedV1,
    ReservationExpiredV1,
    ReservationState,
    SpotType,
)
from parking_events.contracts.reservation import ChargeReason, ChargeStatus, ReservationStatus
from parking_events.schemas import example_of
from parking_events.topics import LOGIN, RESERVATION
from parking_events.values import Money
from parking_messaging.adapters.kafka_connection import KafkaConnection
from parking_messaging.adapters.kafka_publisher import KafkaPublisher
from parking_messaging.adapters.kafka_topics import ensure_topics
from parking_messaging.cloud_events import outgoing
from parking_messaging.outbox_rows import outbox_row
from parking_messaging.records import Unsent
from parking_platform.testing.servers import KafkaServer
from parking_platform.testing.waiting import wait_until
from payment_service.application.commands.reconcile_payments import ReconcilePayments
from payment_service.application.commands.send_refunds import SendRefunds
from payment_service.bootstrap import Payments
from payment_service.entrypoints.consumers import RESERVATIONS, messaging
from payment_service.settings import PaymentSettings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Reservations:
    """Publishes as reservation's relay does."""

    def __init__(self, publisher: KafkaPublisher) -> None:
        self._publisher = publisher

    async def publish(
        self,
        event: type[ReservationState],
        owed: Owed,
        version: int,
        refund_due: int,
        charge: ChargeStatus,
        orders: tuple[RefundOrder, ...] | None = None,
    ) -> None:
        status = event.event_type.split(".")[2]
        amount = Money(amount=owed.amount, currency=owed.currency)
        tax = Money(amount=owed.tax, currency=owed.currency)
        state = event(
            version=version,
            reservation_id=owed.reservation_id,
            user_id=owed.user_id,
            organization_id=owed.organization_id,
            parking_lot_id=owed.parking_lot_id,
            spot_id=uuid4(),
            spot_number="1",
            spot_type=SpotType.STANDARD,
            status=ReservationStatus(status),
            starts_at=NOW,
            ends_at=NOW,
            created_at=NOW,
            charges=(
                Charge(charge_id=owed.charge_id, amount=amount, tax=tax, reason=ChargeReason.BOOKING, status=charge),
            ),
            amount_owed=amount,
            amount_paid=amount,
            refund_due=Money(amount=refund_due, currency=owed.currency),
            refund_orders=orders,
        )
        await self._publisher.publish([outgoing(Unsent(version, outbox_row(state), NOW), b"/services/reservation")])


@pytest_asyncio.fixture
async def settings(settings: PaymentSettings, kafka_server: KafkaServer) -> PaymentSettings:
    """The same, with Kafka."""
    changed = settings.model_copy(update={"kafka_bootstrap_servers": kafka_server.bootstrap_servers})
    kafka = KafkaConnection(kafka_server.bootstrap_servers, client_id="test")
    await ensure_topics(kafka, [RESERVATION, LOGIN])
    return changed


@pytest_asyncio.fixture
async def reservations(kafka_server: KafkaServer) -> AsyncIterator[Reservations]:
    publisher = KafkaPublisher(KafkaConnection(kafka_server.bootstrap_servers, client_id="test"))
    yield Reservations(publisher)
    await publisher.close()


@pytest_asyncio.fixture
async def consuming(service: Payments) -> AsyncIterator[None]:
    stop = asyncio.Event()
    await messaging(service).make_topics()
    consumer = messaging(service).consumers[RESERVATIONS]
    running = asyncio.create_task(consumer.run(stop))
    await wait_until(lambda: consumer.status().is_ready, "the consumer", seconds=60)
    yield
    stop.set()
    await running


async def test_what_is_due_goes_back_and_old_news_changes_nothing(
    desk: Desk, browser: Browser, service: Payments, reservations: Reservations, consuming: None
) -> None:
    owed = Owed()
    payment = await desk.started(owed)
    await browser.confirm(payment["client_secret"], "visa")
    await desk.wait_for_status(payment["id"], "succeeded")
    await reservations.publish(ReservationCancelledV1, owed, 3, 625, ChargeStatus.PAID)
    await reservations.publish(ReservationConfirmedV1, owed, 2, 0, ChargeStatus.PAID)
    await reservations.publish(ReservationCancelledV1, owed, 3, 625, ChargeStatus.PAID)
    await desk.wait_for_events(payment["id"], 3)
    await service.use_cases.send_refunds(SendRefunds())
    await desk.wait_for_status(payment["id"], "partially_refunded")
    assert [refund["amount"] for refund in await desk.provider_refunds()] == [625]
    # Other tests publish other reservations on the same broker.
    kept = await desk.rows("SELECT reservation_id, version, refund_due FROM reservation_dues")
    assert [
        (each["version"], each["refund_due"]) for each in kept if each["reservation_id"] == owed.reservation_id
    ] == [(3, 625)]


async def test_what_a_newer_reservation_service_publishes_is_no_dead_letter(
    desk: Desk, kafka_server: KafkaServer, service: Payments, consuming: None
) -> None:
    """Every reservation event, once for each enumeration in it, with a value that this release does not know."""
    owed = Owed()
    payment = await desk.started(owed)
    charge = (example_of(ReservationConfirmedV1) or {})["charges"][0] | {"charge_id": str(owed.charge_id)}
    fields = {"reservation_id": str(owed.reservation_id), "version": 3, "charges": [charge | {"status": LATER}]}
    ours = later_records(ReservationConfirmedV1, **fields)
    await publish_and_wait(
        kafka_server.bootstrap_servers, [*later_records(ReservationState), *ours], "payment.reservations"
    )
    assert await desk.rows("SELECT topic, error FROM dead_letters") == []
    kept = await desk.rows("SELECT reservation_id, status, charges->0->>'status' AS charge FROM reservation_dues")
    assert LATER in {row["status"] for row in kept}
    assert [row["charge"] for row in kept if row["reservation_id"] == owed.reservation_id] == [LATER]
    await service.use_cases.reconcile_payments(ReconcilePayments())
    assert await desk.published(payment["id"]) == ["requested"], "nothing is withdrawn for a status that is not known"
    assert (await desk.started(owed))["id"] == payment["id"], "it can still be paid"


async def test_what_was_due_by_the_sum_alone_is_not_given_again_by_name(
    desk: Desk, browser: Browser, service: Payments, reservations: Reservations, consuming: None
) -> None:
    owed = Owed()
    payment = await desk.started(owed)
    await browser.confirm(payment["client_secret"], "visa")
    await desk.wait_for_status(payment["id"], "succeeded")
    first, second = (
        RefundOrder(
            id=uuid4(),
            payment_id=UUID(payment["id"]),
            amount=Money(amount=amount, currency=owed.currency),
            reason="cancelled",
        )
        for amount in (625, 100)
    )
    await reservations.publish(ReservationConfirmedV1, owed, 3, 625, ChargeStatus.PAID)
    await reservations.publish(ReservationConfirmedV1, owed, 4, 625, ChargeStatus.PAID, (first,))
    for _ in range(2):
        await reservations.publish(ReservationCancelledV1, owed, 5, 725, ChargeStatus.PAID, (first, second))

    async def both_are_known() -> bool:
        return len(await desk.rows("SELECT id FROM refund_orders WHERE is_named")) == 2

    await wait_until(both_are_known, "both orders")
    await service.use_cases.send_refunds(SendRefunds())
    await desk.wait_for_events(payment["id"], 6)
    assert sorted(refund["amount"] for refund in await desk.provider_refunds()) == [100, 625]
    kept = await desk.rows("SELECT id, given_before, refunded FROM refund_orders WHERE is_named ORDER BY place")
    assert [tuple(each.values()) for each in kept] == [(first.id, 625, 0), (second.id, 0, 100)]


async def test_an_expired_reservation_withdraws_its_intent(
    desk: Desk, service: Payments, reservations: Reservations, consuming: None
) -> None:
    owed = Owed()
    payment = await desk.started(owed)
    await reservations.publish(ReservationExpiredV1, owed, 2, 0, ChargeStatus.OPEN)

    async def is_asked_for() -> bool:
        return bool(await desk.rows("SELECT id FROM payments WHERE cancel_requested_at IS NOT NULL"))

    await wait_until(is_asked_for, "the intent to be withdrawn")
    await service.use_cases.reconcile_payments(ReconcilePayments())
    assert await desk.published(payment["id"]) == ["requested", "cancelled"]
