"""The processes themselves: killed in the middle of a call, and asked to end."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from services.payment.tests.browser import Browser
from services.payment.tests.desk import Desk
from services.payment.tests.integration.test_refunds import paid
from services.payment.tests.people import Owed

from parking_platform.testing.waiting import wait_until
from payment_service.settings import PaymentSettings
from stripe_simulator.process import free_port

PROGRAM = Path(sys.executable).parent / "payment-service"
GRACE = 15


def environment(settings: PaymentSettings, **changes: object) -> dict[str, str]:
    """The settings as a process gets them."""
    values: dict[str, object] = {
        "environment": "test",
        "public_url": settings.public_url,
        "database_url": str(settings.database_url),
        "token_issuer": settings.token_issuer,
        "token_algorithms": '["HS256"]',
        "token_shared_secret": settings.token_shared_secret.get_secret_value() if settings.token_shared_secret else "",
        "answer_keys": settings.answer_keys.get_secret_value(),
        "charge_key": settings.charge_key,
        "internal_token": settings.internal_token.get_secret_value(),
        "stripe_secret_key": settings.stripe_secret_key.get_secret_value(),
        "stripe_publishable_key": settings.stripe_publishable_key,
        "stripe_webhook_secret": settings.stripe_webhook_secret.get_secret_value(),
        "stripe_api_base": settings.stripe_api_base,
        "kafka_bootstrap_servers": f"127.0.0.1:{free_port()}",
        **changes,
    }
    own = {f"PAYMENT_{name.upper()}": str(value) for name, value in values.items()}
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | own


@asynccontextmanager
async def running(
    settings: PaymentSettings, subcommand: str, port: int, log: Path, **changes: object
) -> AsyncIterator[tuple[asyncio.subprocess.Process, httpx.AsyncClient]]:
    """A process of the service, until it answers."""
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            PROGRAM, subcommand, env=environment(settings, **changes), stdout=output, stderr=output
        )
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:

        async def answers() -> bool:
            assert process.returncode is None, f"it ended: see {log}"
            try:
                return (await client.get("/healthz")).is_success
            except httpx.TransportError:
                return False

        try:
            await wait_until(answers, "the process to answer", seconds=60)
            yield process, client
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


@pytest.mark.parametrize("latency_ms", [700, 0])
async def test_killed_in_the_middle_of_a_call_there_is_one_intent(
    desk: Desk, settings: PaymentSettings, tmp_path: Path, latency_ms: int
) -> None:
    owed = Owed()
    headers = {**desk.people.signed_in(owed.user_id), "Idempotency-Key": "one"}
    body = {"charge_token": desk.people.charge_token(owed)}
    port = free_port()
    await desk.knob("POST", "/knobs", {"latency_ms": latency_ms})
    async with running(settings, "serve", port, tmp_path / "log", http_port=port) as (process, client):
        asked = asyncio.create_task(client.post("/api/v1/payments", json=body, headers=headers))

        async def is_recorded() -> bool:
            return bool(await desk.rows("SELECT id FROM payments"))

        await wait_until(is_recorded, "the payment to be recorded")
        process.kill()
        await process.wait()
        await asyncio.wait([asked])
        if asked.exception() is None:
            assert asked.result().status_code == 201, "it was faster than the signal"
    await desk.run("UPDATE idempotency_keys SET claimed_until = now()")
    await desk.knob("POST", "/knobs", {"latency_ms": 0})
    answer = await desk.client.post("/api/v1/payments", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    assert len(await desk.intents()) == 1
    assert await desk.published(answer.json()["id"]) == ["requested"]


async def test_serve_finishes_what_it_began_before_it_ends(
    desk: Desk, settings: PaymentSettings, tmp_path: Path
) -> None:
    owed = Owed()
    headers = {**desk.people.signed_in(owed.user_id), "Idempotency-Key": "one"}
    port = free_port()
    await desk.knob("POST", "/knobs", {"latency_ms": 500})
    async with running(settings, "serve", port, tmp_path / "log", http_port=port) as (process, client):
        body = {"charge_token": desk.people.charge_token(owed)}
        asked = asyncio.create_task(client.post("/api/v1/payments", json=body, headers=headers))

        async def is_recorded() -> bool:
            return bool(await desk.rows("SELECT id FROM payments"))

        await wait_until(is_recorded, "the payment to be recorded")
        process.terminate()
        assert (await asked).status_code == 201
        assert await asyncio.wait_for(process.wait(), GRACE) == 0
    log = await asyncio.to_thread((tmp_path / "log").read_text)
    assert "_secret_" not in log
    assert settings.stripe_secret_key.get_secret_value() not in log


async def test_serve_shows_the_alarms_when_no_worker_lives(
    desk: Desk, browser: Browser, settings: PaymentSettings, tmp_path: Path
) -> None:
    await paid(desk, browser, Owed())
    port = free_port()
    async with running(settings, "serve", port, tmp_path / "log", http_port=port, unsettled_after=0.001) as (_, client):
        shown = (await client.get("/metrics")).text.splitlines()
        assert {"payments_unsettled 1.0", "refund_orders_unsettled 0.0", "refunds_stuck 0.0"} <= set(shown)
        assert [line for line in shown if line.startswith("provider_differences ")] == [], "nothing compared yet"
        await desk.run("INSERT INTO known_figures VALUES ('provider_differences', 2)")
        shown = (await client.get("/metrics")).text.splitlines()
        assert [line for line in shown if line.startswith("provider_differences")] == ["provider_differences 2.0"]
    log = await asyncio.to_thread((tmp_path / "log").read_text)
    assert "captured money is unsettled" not in log, "that is for the worker to say, once a minute"


async def test_work_heals_without_kafka_shows_its_figures_and_ends_in_time(
    desk: Desk, settings: PaymentSettings, tmp_path: Path
) -> None:
    owed = Owed()
    await desk.knob("POST", "/faults", {"action": "reset", "path": "/v1/payment_intents", "times": 3})
    assert (await desk.start(owed)).status_code == 503
    await desk.all_due()
    port = free_port()
    async with running(settings, "work", port, tmp_path / "log", worker_port=port) as (process, health):

        async def is_healed() -> bool:
            return bool(await desk.rows("SELECT id FROM payments WHERE intent_id IS NOT NULL"))

        await wait_until(is_healed, "the payment to have its intent")

        async def shows_its_figures() -> bool:
            metrics = (await health.get("/metrics")).text
            figures = {"payments_unsettled 0.0", "refund_orders_unsettled 0.0", "refunds_stuck 0.0"}
            unpaid = 'refund_orders_unpaid_total{reason="covered_by_goodwill"} 0.0'
            return {*figures, unpaid} <= set(metrics.splitlines())

        async def audits() -> bool:
            return bool(await desk.rows("SELECT 1 FROM schedules WHERE name = 'complete_audit' AND due_at > now()"))

        await wait_until(shows_its_figures, "the worker to lead, and to show its figures")
        await wait_until(audits, "the first complete audit")
        assert (await health.get("/readyz")).json()["database"] == "ok"
        process.terminate()
        assert await asyncio.wait_for(process.wait(), GRACE) == 0
