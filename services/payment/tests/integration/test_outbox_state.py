"""What reservation asks before it lets a hold expire: how far payment's events have left."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr
from services.payment.tests.browser import Browser
from services.payment.tests.desk import Desk
from services.payment.tests.integration.test_refunds import paid
from services.payment.tests.people import INTERNAL_TOKEN, Owed
from sqlalchemy import text

from parking_events.topics import LEDGER_ENTRY, PAYMENT
from parking_platform.testing.servers import KafkaServer, SchemaOwner
from parking_platform.testing.waiting import wait_until
from payment_service.adapters.postgres.unpublished import FIRST
from payment_service.bootstrap import Payments
from payment_service.entrypoints.consumers import messaging
from payment_service.entrypoints.http.app import payment_app

OUTBOX = "/internal/outbox"
SHOWN = {"Authorization": f"Bearer {INTERNAL_TOKEN}"}
SENT = "UPDATE outbox SET sent_at = now() WHERE sent_at IS NULL"
CLEAR = {"clear": True, "held_reservations": []}
NOT_CLEAR = {"clear": False, "held_reservations": []}


@pytest_asyncio.fixture
async def reservation(client: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """Reservation's worker."""
    async with httpx.AsyncClient(base_url=client.base_url, headers=SHOWN, timeout=10) as worker:
        yield worker


async def ask(reservation: httpx.AsyncClient) -> dict[str, Any]:
    answer = await reservation.get(OUTBOX)
    assert answer.status_code == 200, answer.text
    return answer.json()


class TestTheState:
    async def test_it_is_clear_when_nothing_waits(
        self, desk: Desk, browser: Browser, reservation: httpx.AsyncClient
    ) -> None:
        assert await ask(reservation) == CLEAR
        await paid(desk, browser, Owed())
        assert await ask(reservation) == NOT_CLEAR
        await desk.run(SENT)
        assert await ask(reservation) == CLEAR

    async def test_what_is_just_leaving_is_waited_for(self, desk: Desk, reservation: httpx.AsyncClient) -> None:
        await desk.started(Owed())
        looked = asyncio.create_task(ask(reservation))
        await asyncio.wait([looked], timeout=0.2)
        assert not looked.done()
        await desk.run(SENT)
        assert await looked == CLEAR

    async def test_other_topics_do_not_count(
        self, desk: Desk, browser: Browser, reservation: httpx.AsyncClient
    ) -> None:
        await paid(desk, browser, Owed())
        await desk.run(f"{SENT} AND aggregatetype <> :topic", topic=LEDGER_ENTRY.name)
        assert await desk.rows("SELECT 1 FROM outbox WHERE sent_at IS NULL")
        assert await ask(reservation) == CLEAR

    async def test_behind_a_refused_event_its_reservation_waits_alone(
        self, desk: Desk, browser: Browser, reservation: httpx.AsyncClient
    ) -> None:
        refused, fine = Owed(), Owed()
        await paid(desk, browser, refused)
        await desk.run("UPDATE outbox SET refused_at = now() WHERE type LIKE '%payment.requested%'")
        assert len(await desk.rows("SELECT 1 FROM outbox WHERE aggregatetype = :topic", topic=PAYMENT.name)) > 1
        held = {"clear": True, "held_reservations": [str(refused.reservation_id)]}
        assert await ask(reservation) == held
        await desk.started(fine)
        assert await ask(reservation) == NOT_CLEAR
        await desk.run(f"{SENT} AND partition_key = :fine", fine=str(fine.reservation_id))
        assert await ask(reservation) == held
        await desk.run(SENT)
        assert await ask(reservation) == CLEAR

    async def test_an_earlier_payment_that_was_sent_holds_nothing(
        self, desk: Desk, browser: Browser, reservation: httpx.AsyncClient
    ) -> None:
        """A row that was refused and is sent by now is no row that others wait behind."""
        await paid(desk, browser, Owed())
        await desk.run("UPDATE outbox SET refused_at = now(), sent_at = now() WHERE type LIKE '%payment.requested%'")
        assert await ask(reservation) == NOT_CLEAR


async def test_a_look_reads_no_further_than_its_limit(service: Payments, desk: Desk, schema_owner: SchemaOwner) -> None:
    """Neither what is sent is read, nor what waits of another topic."""
    await desk.run(
        """
        INSERT INTO outbox (id, aggregatetype, aggregateid, version, partition_key, type, payload, sent_at)
        SELECT gen_random_uuid(), CASE WHEN n % 2 = 0 OR n > 148000 THEN :topic ELSE :other END, n::text, 1,
            gen_random_uuid()::text, 'x', '', CASE WHEN n < 100000 OR (n < 148000 AND n % 2 = 0) THEN now() END
        FROM generate_series(1, 150000) n
        """,
        topic=PAYMENT.name,
        other=LEDGER_ENTRY.name,
    )
    await schema_owner.run("ANALYZE outbox")
    values = {"topic": PAYMENT.name, "limit": 1001}
    async with service.engine.connect() as connection:
        plan = (await connection.execute(text(f"EXPLAIN (ANALYZE, FORMAT JSON) {FIRST.text}"), values)).scalar_one()
    scans = [node for node in nodes(plan[0]["Plan"]) if "Scan" in node["Node Type"] and "Index Name" in node]
    assert [(scan["Index Name"], scan["Actual Rows"], scan.get("Rows Removed by Filter", 0)) for scan in scans] == [
        ("outbox_unsent_of_topic", 1001, 0)
    ]


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", ()) for node in nodes(child))]


async def test_the_relay_notes_what_kafka_refuses(service: Payments, desk: Desk, kafka_server: KafkaServer) -> None:
    """The broker has no such topic."""
    await desk.run(
        """
        INSERT INTO outbox (id, aggregatetype, aggregateid, version, partition_key, type, payload)
        VALUES (gen_random_uuid(), 'payment.nothing.v1', 'one', 1, 'one', 'x', '')
        """
    )
    stop = asyncio.Event()
    settings = service.settings.model_copy(update={"kafka_bootstrap_servers": kafka_server.bootstrap_servers})
    relay = messaging(replace(service, settings=settings)).relay
    running = asyncio.create_task(relay.run(stop))
    await wait_until(lambda: desk.rows("SELECT 1 FROM outbox WHERE refused_at IS NOT NULL"), "the refusal")
    stop.set()
    await running


class TestWhoMayAsk:
    @pytest.mark.parametrize(
        "shown", [{}, {"Authorization": "Bearer another"}, {"Authorization": f"Basic {INTERNAL_TOKEN}"}]
    )
    async def test_without_the_token_nothing_is_said(self, client: httpx.AsyncClient, shown: dict[str, str]) -> None:
        answer = await client.get(OUTBOX, headers=shown)
        assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unauthenticated")

    async def test_old_and_new_token_are_good_side_by_side(self, service: Payments) -> None:
        old, new = INTERNAL_TOKEN, INTERNAL_TOKEN[::-1]
        settings = service.settings.model_copy(update={"internal_token": SecretStr(f"{new},{old}")})
        transport = httpx.ASGITransport(payment_app(replace(service, settings=settings)))
        async with httpx.AsyncClient(transport=transport, base_url="http://payment") as client:
            for shown, status in ((old, 200), (new, 200), (f"{new},{old}", 401), (old[1:], 401)):
                answer = await client.get(OUTBOX, headers={"Authorization": f"Bearer {shown}"})
                assert answer.status_code == status

    async def test_a_persons_token_is_no_internal_one(self, client: httpx.AsyncClient, desk: Desk) -> None:
        answer = await client.get(OUTBOX, headers=desk.people.signed_in(uuid4(), scope="*"))
        assert answer.status_code == 401

    def test_it_is_not_in_the_public_document(self, service: Payments) -> None:
        assert not [path for path in payment_app(service).openapi()["paths"] if "internal" in path]
