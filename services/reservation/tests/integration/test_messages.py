"""Parking's and payment's events on a real broker, and our own in the outbox."""

import asyncio
import json
from argparse import Namespace
from uuid import UUID, uuid4

import pytest
from libs.events.tests.later_values import LATER
from libs.messaging.tests.later_events import later_records, publish_and_wait
from services.reservation.tests.driving import Database, Driver, spot_request
from services.reservation.tests.examples import lot_copy
from services.reservation.tests.publishing import (
    Publishing,
    a_lot_event,
    a_payment_event,
    a_refund_event,
    a_spot_event,
    a_tariff_event,
    payment_of,
)

from parking_events import (
    EVENT_CLASSES,
    LotState,
    LotStatus,
    PaymentFailedV1,
    PaymentSucceededV1,
    SpotState,
    TariffState,
)
from parking_events.topics import RESERVATION
from parking_platform.testing.servers import KafkaServer, SchemaOwner
from parking_platform.testing.waiting import meanwhile, wait_until
from reservation_service.application.commands.advance_payment_watermark import AdvancePaymentWatermark
from reservation_service.application.commands.expire_holds import ExpireHolds
from reservation_service.application.ports import LotCopy
from reservation_service.bootstrap import PAYMENTS, Reservation
from reservation_service.entrypoints.consumers import CATALOGUE, messaging


async def test_every_event_keeps_its_contract_and_the_versions_count(
    driver: Driver, lot: LotCopy, database: Database, service: Reservation
) -> None:
    held = await driver.holds(lot, vehicle_plate="ZH 1")
    lost = await driver.holds(lot)
    await database.settle(held)
    await driver.cancel(held)
    await database.settle(held)
    await database.make_overdue()
    await service.use_cases.expire_holds(ExpireHolds())
    await database.settle(lost)
    rows = await database.rows("SELECT aggregateid, version, type, payload, partition_key FROM outbox ORDER BY seq")
    for aggregate_id, version, event_type, payload, partition_key in rows:
        event = EVENT_CLASSES[event_type].from_json(payload)
        assert (event.subject, event.partition_key, event.version) == (aggregate_id, partition_key, version)
        assert event.topic is RESERVATION
    for reservation in (held, lost):
        versions = [version for aggregate_id, version, *_ in rows if aggregate_id == reservation["id"]]
        assert versions == list(range(1, len(versions) + 1))
    assert len(rows) == 7


async def test_what_parking_publishes_can_be_booked(
    driver: Driver, database: Database, publishing: Publishing, consuming: None
) -> None:
    lot_id, tariff_id = uuid4(), uuid4()
    await publishing.publish(a_lot_event(lot_id, tariff_id, name="new", version=3))
    await publishing.publish(a_lot_event(lot_id, tariff_id, name="old", version=2))
    await publishing.publish(a_spot_event(lot_id))
    await publishing.publish(a_tariff_event(tariff_id, lot_id))
    await wait_until(
        lambda: database.rows("SELECT 1 FROM lots, spots, tariffs WHERE lots.version = 3"), "the lot with all it needs"
    )
    body = spot_request(lot_copy(None, id=lot_id))
    booked = await driver.reserve(body)
    assert (booked.status_code, booked.json()["spot_number"]) == (201, "A1")
    assert await database.rows("SELECT name FROM lots") == [("new",)]


async def test_a_draft_is_not_on_sale_until_it_is_open(
    driver: Driver, database: Database, publishing: Publishing, consuming: None
) -> None:
    """A lot that parking imported without prices: neither quoted nor booked, and said why."""
    lot_id, tariff_id = uuid4(), uuid4()
    draft = a_lot_event(lot_id, tariff_id).model_copy(update={"status": LotStatus.DRAFT, "tariff_id": None})
    await publishing.publish(draft)
    await publishing.publish(a_spot_event(lot_id))
    await wait_until(lambda: database.rows("SELECT 1 FROM lots, spots"), "the draft with its spot")
    body = spot_request(lot_copy(None, id=lot_id))
    for refused in (await driver.client.post("/api/v1/quotes", json=body), await driver.reserve(body)):
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/lot-not-bookable")
        assert refused.json()["detail"] == "Sihlquai has no prices yet, so it takes no reservations."
    assert await database.rows("SELECT 1 FROM reservations") == []
    await publishing.publish(a_tariff_event(tariff_id, lot_id))
    await publishing.publish(a_lot_event(lot_id, tariff_id, version=2))
    await wait_until(lambda: database.rows("SELECT 1 FROM lots WHERE version = 2"), "its opening")
    assert (await driver.reserve(body)).status_code == 201


async def test_a_lot_whose_event_overtakes_its_tariff_s_keeps_its_prices(
    driver: Driver, database: Database, publishing: Publishing, consuming: None
) -> None:
    lot_id, tariff_id, dearer = uuid4(), uuid4(), uuid4()
    await publishing.publish(a_tariff_event(tariff_id, lot_id))
    await publishing.publish(a_lot_event(lot_id, tariff_id))
    await wait_until(lambda: database.rows("SELECT 1 FROM lots, tariffs"), "the lot with its tariff")
    await publishing.publish(a_lot_event(lot_id, dearer, version=2))
    await wait_until(lambda: database.rows("SELECT 1 FROM lots WHERE version = 2"), "the lot's event")

    async def quoted_by() -> str:
        quote = await driver.client.post("/api/v1/quotes", json=spot_request(lot_copy(None, id=lot_id)))
        assert quote.status_code == 200, quote.text
        return quote.json()["tariff_version"]

    async def is_quoted_by_the_dearer() -> bool:
        return await quoted_by() == str(dearer)

    assert await quoted_by() == str(tariff_id)
    await publishing.publish(a_tariff_event(dearer, lot_id))
    await wait_until(is_quoted_by_the_dearer, "the announced tariff")


async def test_what_payment_publishes_confirms(
    driver: Driver, lot: LotCopy, database: Database, publishing: Publishing, consuming: None
) -> None:
    held = await driver.holds(lot)
    event = a_payment_event(held)
    for _ in range(2):
        await publishing.publish(event)
    await wait_until(lambda: database.rows("SELECT 1 FROM reservations WHERE status = 'confirmed'"), "the confirmation")
    last = a_payment_event(await driver.holds(lot))
    await publishing.publish(last)
    await wait_until(
        lambda: database.rows("SELECT 1 FROM reservations WHERE status = 'confirmed' OFFSET 1"), "the one after it"
    )
    assert (await driver.sees(held))["refund_due"]["amount"] == 0


async def test_what_newer_services_publish_is_no_dead_letter(
    driver: Driver, lot: LotCopy, database: Database, kafka: KafkaServer, consuming: None
) -> None:
    """Every event that is consumed, once for each enumeration in it, with a value that this release does not know."""
    held = await driver.holds(lot)
    payment = a_payment_event(held).model_dump(mode="json", include={"reservation_id", "charge_id", "amount"})
    catalogue = [*later_records(LotState), *later_records(SpotState), *later_records(TariffState)]
    payments = [*later_records(PaymentSucceededV1, **payment)]
    await publish_and_wait(kafka.bootstrap_servers, catalogue, CATALOGUE)
    await publish_and_wait(kafka.bootstrap_servers, payments, PAYMENTS)
    assert await database.rows("SELECT topic, error FROM dead_letters") == []
    assert (await driver.sees(held))["status"] == "confirmed"
    published = "SELECT type FROM spots WHERE number = '2-017'"  # as the examples have it
    types = [name for (name,) in await database.rows(published)]
    assert len(types) == len([*later_records(SpotState)])
    assert LATER in types


async def test_what_an_operator_gave_back_in_full_frees_the_spot(
    driver: Driver, lot: LotCopy, database: Database, publishing: Publishing, consuming: None
) -> None:
    held, kept = await driver.holds(lot), await driver.holds(lot)
    payments = [a_payment_event(each) for each in (held, kept)]
    for event in (*payments, a_refund_event(payments[1], "reservation"), *[a_refund_event(payments[0])] * 2):
        await publishing.publish(event)
    await wait_until(lambda: database.rows("SELECT 1 FROM reservations WHERE status = 'cancelled'"), "the cancellation")
    last = a_payment_event(await driver.holds(lot, spot_id=held["spot_id"]))
    await publishing.publish(last)
    await wait_until(
        lambda: database.rows("SELECT 1 FROM reservations WHERE status = 'confirmed' OFFSET 1"), "the one after it"
    )
    seen = await driver.sees(held)
    assert (seen["status"], seen["refund_due"]["amount"], (await driver.sees(kept))["status"]) == (
        *("cancelled", 0, "confirmed"),
    )
    cancelled = "SELECT payload FROM outbox WHERE type = 'parking.reservation.cancelled.v1'"
    ((payload,),) = await database.rows(cancelled)
    assert json.loads(payload)["reason"] == "refunded"


async def test_money_for_an_unknown_reservation_is_kept_aside_until_it_can_be_settled(
    driver: Driver,
    lot: LotCopy,
    database: Database,
    publishing: Publishing,
    consuming: None,
    service_on_kafka: Reservation,
    capsys: pytest.CaptureFixture[str],
    schema_owner: SchemaOwner,
) -> None:
    held = await driver.holds(lot)
    await schema_owner.run("CREATE TABLE hidden AS SELECT * FROM reservations")
    await database.rows("DELETE FROM reservations")
    await publishing.publish(a_payment_event(held))
    dead = "SELECT error_type FROM dead_letters WHERE resolved_at IS NULL"
    assert await wait_until(lambda: database.rows(dead), "the dead letter") == [("PoisonEvent",)]
    await database.rows("INSERT INTO reservations SELECT * FROM hidden")
    arguments = Namespace(group=PAYMENTS, subject=None, discard=False)
    assert await messaging(service_on_kafka).replay(arguments) == 0
    said = capsys.readouterr().out
    assert json.loads(said[said.rindex("{\n") :]) == {"applied": 1, "discarded": 0, "still_blocked": {}}
    assert (await driver.sees(held))["status"] == "confirmed"


class TestExpiryAndTheBroker:
    async def test_a_hold_waits_for_what_payment_published(
        self, driver: Driver, lot: LotCopy, database: Database, publishing: Publishing, service_on_kafka: Reservation
    ) -> None:
        """Nobody consumes, so the payment stays untaken: it must keep the hold alive."""
        held, does = await driver.holds(lot), service_on_kafka.use_cases
        await publishing.publish(a_payment_event(held))
        await database.make_overdue(caught_up=False)
        await does.advance_payment_watermark(AdvancePaymentWatermark())
        assert await does.expire_holds(ExpireHolds()) == 0
        assert (await driver.sees(held))["status"] == "pending"

    async def test_it_goes_when_nothing_is_left(
        self, driver: Driver, lot: LotCopy, database: Database, kafka: KafkaServer, service_on_kafka: Reservation
    ) -> None:
        held, does = await driver.holds(lot), service_on_kafka.use_cases
        await database.make_overdue(caught_up=False)
        assert await does.expire_holds(ExpireHolds()) == 0
        await does.advance_payment_watermark(AdvancePaymentWatermark())
        assert await does.expire_holds(ExpireHolds()) == 1
        assert (await driver.sees(held))["status"] == "expired"

    async def test_it_goes_while_payments_come_all_the_time(
        self,
        driver: Driver,
        lot: LotCopy,
        database: Database,
        publishing: Publishing,
        service_on_kafka: Reservation,
        consuming: None,
    ) -> None:
        """Something is always on its way then, but what was there before the question is taken in soon."""
        held, does = await driver.holds(lot), service_on_kafka.use_cases
        await database.make_overdue(caught_up=False)
        failed = PaymentFailedV1.model_validate(payment_of(UUID(held["id"])).model_dump())

        async def publish_all_the_time() -> None:
            while True:
                await publishing.publish(failed)

        async with meanwhile(publish_all_the_time()):
            for _ in range(3):
                await does.advance_payment_watermark(AdvancePaymentWatermark())
        assert await does.expire_holds(ExpireHolds()) == 1

    async def test_it_waits_while_the_broker_is_away(
        self, driver: Driver, lot: LotCopy, database: Database, service: Reservation
    ) -> None:
        """`service` names a broker that is not there."""
        await driver.holds(lot)
        await database.make_overdue(caught_up=False)
        await service.use_cases.advance_payment_watermark(AdvancePaymentWatermark())
        assert await service.use_cases.expire_holds(ExpireHolds()) == 0


async def test_the_relay_publishes_what_happened(
    driver: Driver, lot: LotCopy, database: Database, service_on_kafka: Reservation
) -> None:
    await driver.holds(lot)
    stop = asyncio.Event()
    running = asyncio.create_task(messaging(service_on_kafka).relay.run(stop))
    await wait_until(lambda: database.rows("SELECT 1 FROM outbox WHERE sent_at IS NOT NULL"), "the relay")
    stop.set()
    await running
    ((payload,),) = await database.rows("SELECT payload FROM outbox")
    assert json.loads(payload)["version"] == 1
