"""A hold that is paid does not run out because payment's relay stands still."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from prometheus_client import REGISTRY
from services.reservation.tests.driving import Database, Driver, Json, spot_request
from services.reservation.tests.fakes.payment.outbox import FakePaymentOutbox
from services.reservation.tests.payment import INTERNAL_TOKEN, Payment
from services.reservation.tests.publishing import a_payment_event, taking_in

from parking_platform.ports import LOOPBACK, free_port
from parking_platform.testing.servers import KafkaServer
from parking_platform.testing.waiting import wait_until
from reservation_service.adapters.payment.outbox import HttpPaymentOutbox
from reservation_service.application.commands.advance_payment_watermark import AdvancePaymentWatermark
from reservation_service.application.commands.expire_holds import ExpireHolds
from reservation_service.application.ports import LotCopy, PaymentOutbox
from reservation_service.bootstrap import Reservation


async def round_of_timers(service: Reservation) -> int:
    """What `work` does each second; how many holds expired."""
    await service.use_cases.advance_payment_watermark(AdvancePaymentWatermark())
    return await service.use_cases.expire_holds(ExpireHolds())


def asking(service: Reservation, outbox: PaymentOutbox) -> Reservation:
    """The service, whose question goes elsewhere."""
    note = replace(service.use_cases.advance_payment_watermark, outbox=outbox)
    return replace(service, use_cases=replace(service.use_cases, advance_payment_watermark=note))


async def statuses(driver: Driver, *held: Json) -> Sequence[str]:
    return [(await driver.sees(each))["status"] for each in held]


class TestTheRelayStandsStill:
    async def test_what_is_paid_waits_and_is_confirmed(
        self,
        driver: Driver,
        lot: LotCopy,
        database: Database,
        kafka: KafkaServer,
        payment: Payment,
        service_on_kafka: Reservation,
    ) -> None:
        paid, unpaid = await driver.holds(lot), await driver.holds(lot)
        await payment.commits(a_payment_event(paid))
        await database.make_overdue(caught_up=False)
        for _ in range(2):
            assert await round_of_timers(service_on_kafka) == 0
        assert await statuses(driver, paid, unpaid) == ["pending", "pending"]
        async with payment.publishing(kafka.bootstrap_servers):
            await wait_until(payment.is_published, "payment's relay", seconds=60)
        # It is in Kafka now, and nobody has taken it in.
        assert await round_of_timers(service_on_kafka) == 0

        async def unpaid_expired() -> bool:
            return await round_of_timers(service_on_kafka) == 1

        async with taking_in(service_on_kafka):
            await wait_until(unpaid_expired, "the other hold to expire", seconds=60)
        assert await statuses(driver, paid, unpaid) == ["confirmed", "expired"]

    async def test_without_the_question_it_would_run_out(
        self,
        driver: Driver,
        lot: LotCopy,
        database: Database,
        payment: Payment,
        service_on_kafka: Reservation,
    ) -> None:
        """The negative control: Kafka alone says that nothing is left."""
        paid = await driver.holds(lot)
        await payment.commits(a_payment_event(paid))
        await database.make_overdue(caught_up=False)
        assert await round_of_timers(asking(service_on_kafka, FakePaymentOutbox())) == 1
        assert await statuses(driver, paid) == ["expired"]


async def test_behind_a_refused_event_one_reservation_waits_and_no_other(
    driver: Driver, lot: LotCopy, database: Database, payment: Payment, service_on_kafka: Reservation
) -> None:
    paid, unpaid = await driver.holds(lot), await driver.holds(lot)
    await payment.commits(a_payment_event(paid))
    await payment.run("UPDATE outbox SET refused_at = now()")
    await database.make_overdue(caught_up=False)
    assert await round_of_timers(service_on_kafka) == 1
    assert await statuses(driver, paid, unpaid) == ["pending", "expired"]
    assert await database.rows("SELECT held FROM payments_seen") == [([UUID(paid["id"])],)]
    # Its spot stays taken, and a driver who wants it gets that answer at once, however the spot is asked for.
    assert (await driver.reserve(spot_request(lot, spot_id=paid["spot_id"]))).status_code == 409
    await driver.holds(lot)
    await driver.holds(lot)
    assert (await driver.reserve(spot_request(lot))).status_code == 409
    await payment.run("UPDATE outbox SET sent_at = now()")
    assert await round_of_timers(service_on_kafka) == 1
    assert await statuses(driver, paid) == ["expired"]


async def test_holds_wait_while_payment_is_away(
    driver: Driver, lot: LotCopy, database: Database, service_on_kafka: Reservation
) -> None:
    def alarms() -> float:
        return REGISTRY.get_sample_value("expiry_waits_total", {"why": "payment_away"}) or 0.0

    await driver.holds(lot)
    await database.make_overdue(caught_up=False)
    nobody = HttpPaymentOutbox(service_on_kafka.http, f"http://{LOOPBACK}:{free_port()}", INTERNAL_TOKEN)
    before = alarms()
    assert await round_of_timers(asking(service_on_kafka, nobody)) == 0
    assert alarms() - before == 1
