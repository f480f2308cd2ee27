"""What payment's outbox is asked, on the fake and over HTTP of the running payment service."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from prometheus_client import REGISTRY
from services.reservation.tests.fakes.payment.outbox import FakePaymentOutbox
from services.reservation.tests.payment import INTERNAL_TOKEN, Payment
from services.reservation.tests.publishing import payment_of

from parking_platform.ports import LOOPBACK, free_port
from reservation_service.adapters.payment.outbox import HttpPaymentOutbox
from reservation_service.application.ports import PaymentOutbox
from reservation_service.domain.incoming_payments import OutboxState

CLEAR, NOT_CLEAR = OutboxState(is_clear=True), OutboxState(is_clear=False)


@dataclass
class Harness:
    """One of the two, and what payment does: commit an event of a reservation, have it refused, have all published."""

    outbox: PaymentOutbox
    commits: Callable[[UUID], Awaitable[None]]
    is_refused: Callable[[UUID], Awaitable[None]]
    publishes: Callable[[], Awaitable[None]]


def faked() -> Harness:
    outbox, waiting, refused = FakePaymentOutbox(), set[UUID](), set[UUID]()

    def now() -> None:
        outbox.says = (
            NOT_CLEAR if waiting - refused else OutboxState(is_clear=True, held_reservations=frozenset(waiting))
        )

    async def commit(reservation_id: UUID) -> None:
        waiting.add(reservation_id)
        now()

    async def refuse(reservation_id: UUID) -> None:
        refused.add(reservation_id)
        now()

    async def publish() -> None:
        waiting.clear()
        now()

    return Harness(outbox, commit, refuse, publish)


@pytest_asyncio.fixture(params=["in memory", "http"])
async def harness(request: pytest.FixtureRequest, payment: Payment) -> AsyncIterator[Harness]:
    if request.param == "in memory":
        yield faked()
        return

    async def commit(reservation_id: UUID) -> None:
        await payment.commits(payment_of(reservation_id))

    async def refuse(reservation_id: UUID) -> None:
        statement = "UPDATE outbox SET refused_at = now() WHERE partition_key = :id"
        await payment.run(statement, id=str(reservation_id))

    async def publish() -> None:
        await payment.run("UPDATE outbox SET sent_at = now()")

    async with httpx.AsyncClient(timeout=2.0) as client:
        yield Harness(HttpPaymentOutbox(client, payment.url, INTERNAL_TOKEN), commit, refuse, publish)


async def test_it_is_clear_until_something_waits_and_after_it_left(harness: Harness) -> None:
    assert await harness.outbox.state() == CLEAR
    await harness.commits(uuid4())
    assert await harness.outbox.state() == NOT_CLEAR
    await harness.publishes()
    assert await harness.outbox.state() == CLEAR


async def test_what_kafka_refuses_is_named_and_holds_up_nobody_else(harness: Harness) -> None:
    refused, other = uuid4(), uuid4()
    await harness.commits(refused)
    await harness.is_refused(refused)
    assert await harness.outbox.state() == OutboxState(is_clear=True, held_reservations=frozenset({refused}))
    await harness.commits(other)
    assert not (await harness.outbox.state()).is_clear


def waits(why: str) -> float:
    return REGISTRY.get_sample_value("expiry_waits_total", {"why": why}) or 0.0


class TestAway:
    async def test_nobody_answers(self) -> None:
        before = waits("payment_away")
        async with httpx.AsyncClient(timeout=2.0) as client:
            outbox = HttpPaymentOutbox(client, f"http://{LOOPBACK}:{free_port()}/", INTERNAL_TOKEN)
            assert await outbox.state() == NOT_CLEAR
        assert waits("payment_away") - before == 1

    async def test_a_wrong_token(self, payment: Payment) -> None:
        before = waits("payment_away")
        async with httpx.AsyncClient(timeout=2.0) as client:
            assert await HttpPaymentOutbox(client, payment.url, INTERNAL_TOKEN[::-1]).state() == NOT_CLEAR
        assert waits("payment_away") - before == 1

    @pytest.mark.parametrize(
        "body",
        [
            "",
            "null",
            "{}",
            '{"clear": "yes", "held_reservations": []}',
            '{"clear": true, "held_reservations": ["x"]}',
            '{"clear": true, "held_reservations": null}',
            '{"clear": true}',
        ],
    )
    async def test_an_answer_of_somebody_else(self, body: str) -> None:
        """A wrong address, a proxy: 200, but not payment's words."""
        before = waits("payment_away")
        transport = httpx.MockTransport(lambda _request: httpx.Response(200, text=body))
        async with httpx.AsyncClient(transport=transport) as client:
            assert await HttpPaymentOutbox(client, "http://payment", INTERNAL_TOKEN).state() == NOT_CLEAR
        assert waits("payment_away") - before == 1
