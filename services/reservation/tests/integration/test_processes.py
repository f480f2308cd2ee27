"""`serve`, `work` and the commands as processes: ready, with their health, and ended by a signal."""

import asyncio
import base64
import json
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import httpx
import pytest_asyncio
from services.reservation.tests.conftest import ISSUER, SECRET
from services.reservation.tests.driving import ANSWER_KEY, Database, Driver, spot_request
from services.reservation.tests.payment import INTERNAL_TOKEN, Payment

from parking_platform.ports import free_port
from parking_platform.processes import inherited_environment
from parking_platform.servers.service import program
from parking_platform.testing.servers import KafkaServer, SchemaOwner
from parking_platform.testing.waiting import wait_until
from reservation_service.application.ports import LotCopy

STOPS_WITHIN = 10


@dataclass(frozen=True)
class Program:
    """The service's program with its settings in the environment."""

    environment: dict[str, str]
    port: int

    async def run(self, *arguments: str) -> tuple[int | None, str]:
        """A command to its end: exit code, and what it said."""
        async with self.started(*arguments) as process:
            said, _ = await asyncio.wait_for(process.communicate(), 60)
            return process.returncode, said.decode()

    @asynccontextmanager
    async def started(self, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
        """A command, killed at the end of the block if it still runs."""
        process = await asyncio.create_subprocess_exec(
            program("reservation"),
            *arguments,
            env=self.environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.communicate()

    @asynccontextmanager
    async def ready(self, *arguments: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, httpx.AsyncClient]]:
        """A process that is ready, and a client of it."""
        address = f"http://127.0.0.1:{self.port}"
        async with self.started(*arguments) as process, httpx.AsyncClient(base_url=address, trust_env=False) as client:

            async def is_ready() -> bool:
                try:
                    return (await client.get("/readyz")).status_code == 200
                except httpx.TransportError:
                    return False

            await wait_until(is_ready, f"{arguments[0]} to be ready", seconds=60)
            yield process, client


@pytest_asyncio.fixture
async def reservation_program(database_url: str, signing_key: str, kafka: KafkaServer, payment: Payment) -> Program:
    port = free_port()
    settings = {
        "environment": "test",
        "database_url": database_url,
        "pool_size": 5,
        "http_port": port,
        "worker_port": port,
        "kafka_bootstrap_servers": kafka.bootstrap_servers,
        "token_issuer": ISSUER,
        "token_algorithms": '["HS256"]',
        "token_shared_secret": SECRET,
        "signing_key": signing_key,
        "answer_keys": base64.b64encode(ANSWER_KEY).decode(),
        "internal_token": INTERNAL_TOKEN,
        "payment_url": payment.url,
    }
    ours = {f"RESERVATION_{name.upper()}": str(value) for name, value in settings.items()}
    return Program(inherited_environment() | ours, port)


async def stop(process: asyncio.subprocess.Process) -> str:
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(STOPS_WITHIN):
        said, _ = await process.communicate()
    assert process.returncode == 0, said
    assert time.monotonic() - began < STOPS_WITHIN
    return said.decode()


async def test_serve(reservation_program: Program, driver: Driver, lot: LotCopy) -> None:
    async with reservation_program.ready("serve") as (process, client):
        booked = await Driver(client, driver.headers).reserve(spot_request(lot, vehicle_plate="ZH 987654"))
        assert booked.status_code == 201
        metrics = (await client.get("/metrics")).text
        assert 'reservations_total{outcome="created"} 1.0' in metrics
        assert "database_connections" in metrics
        said = await stop(process)
    requests = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    (line,) = (each["context"] for each in requests if each["message"] == "request")
    assert (line["status"], line["reservation_id"]) == (201, booked.json()["id"])
    assert "ZH 987654" not in said


async def test_a_step_of_a_rotation_prints_both_settings_and_changes_nothing(
    reservation_program: Program, signing_key: str
) -> None:
    code, said = await reservation_program.run("rotate-signing-key", "announce")
    assert code == 0, said
    values = dict(line.split("=", 1) for line in said.splitlines() if line.startswith(("RESERVATION_", "PAYMENT_")))
    assert values["RESERVATION_SIGNING_KEY"].startswith(f"{signing_key},")
    assert len(values["PAYMENT_CHARGE_KEY"].split(",")) == 2
    code, said = await reservation_program.run("rotate-signing-key", "sign")
    assert (code, "reservation-service: no key is announced" in said) == (1, True)


async def test_work_expires_holds_and_publishes_it(
    reservation_program: Program, driver: Driver, lot: LotCopy, database: Database, schema_owner: SchemaOwner
) -> None:
    migrating = {**reservation_program.environment, "RESERVATION_DATABASE_MIGRATION_URL": schema_owner.url}
    code, said = await replace(reservation_program, environment=migrating).run("migrate")
    assert code == 0, said
    held = await driver.holds(lot)
    await database.rows("UPDATE reservations SET hold_expires_at = clock_timestamp() - interval '1 minute'")
    async with reservation_program.ready("work") as (process, client):
        await wait_until(
            lambda: database.rows("SELECT 1 FROM outbox WHERE type LIKE '%expired%' AND sent_at IS NOT NULL"),
            "the expiry to be published",
            seconds=30,
        )
        assert 'reservations_total{outcome="expired"} 1.0' in (await client.get("/metrics")).text

        async def partitions_are_made() -> bool:
            return "reservation_partitions_ahead 6.0" in (await client.get("/metrics")).text

        await wait_until(partitions_are_made, "the figure of the leader", seconds=10)
        await stop(process)
    assert (await driver.sees(held))["status"] == "expired"


async def test_work_ends_in_time_though_the_broker_is_away(
    reservation_program: Program, driver: Driver, lot: LotCopy, database: Database
) -> None:
    away = {**reservation_program.environment, "RESERVATION_KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}"}
    await driver.holds(lot)
    await database.make_overdue(caught_up=False)
    async with Program(away, reservation_program.port).started("work") as process:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{reservation_program.port}") as client:

            async def is_alive() -> bool:
                try:
                    return (await client.get("/healthz")).status_code == 200
                except httpx.TransportError:
                    return False

            await wait_until(is_alive, "work to live", seconds=60)
            assert (await client.get("/readyz")).status_code == 503
        await stop(process)


async def test_replay_and_openapi(reservation_program: Program) -> None:
    code, said = await reservation_program.run("replay", "--group", "reservation.payments")
    report = json.loads(said[said.index("{\n") :])
    assert (code, report) == (0, {"applied": 0, "discarded": 0, "still_blocked": {}})
    assert (await reservation_program.run("replay", "--group", "unknown"))[0] == 2
    code, said = await reservation_program.run("openapi")
    assert code == 0
    assert "/api/v1/reservations/{reservation_id}/qr" in said


async def test_wrong_settings_are_all_named(reservation_program: Program) -> None:
    wrong = {**reservation_program.environment, "RESERVATION_SIGNING_KEY": "x", "RESERVATION_POOL_SIZE": "0"}
    code, said = await Program(wrong, 0).run("serve")
    assert code == 78
    assert "SIGNING_KEY" in said
    assert "POOL_SIZE" in said
