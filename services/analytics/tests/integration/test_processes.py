"""`serve` and `work` as processes: they get ready, show how they are, and end by a signal."""

import asyncio
import signal
import time

import httpx
from services.analytics.tests.documents import expected, wait_for
from services.analytics.tests.events import posted
from services.analytics.tests.installation import Kept, Publish
from services.analytics.tests.processes import command

from analytics_service.application.ports import Projection
from analytics_service.bootstrap import Analytics
from analytics_service.settings import AnalyticsSettings
from parking_platform.ports import free_port
from parking_platform.testing.servers import PostgresServer
from parking_platform.testing.waiting import wait_until

STOPS_WITHIN = 10


def on_free_ports(settings: AnalyticsSettings, **changes: object) -> AnalyticsSettings:
    ports = {"http_port": free_port(), "worker_port": free_port()}
    return AnalyticsSettings.model_validate(settings.model_dump() | ports | changes)


async def wait_until_ready(port: int) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:

        async def is_ready() -> bool:
            try:
                return (await client.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200
            except httpx.TransportError:
                return False

        await wait_until(is_ready, "a process that is ready", seconds=60)


async def ends_in_time(process: asyncio.subprocess.Process) -> str:
    """What it said until then."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(STOPS_WITHIN):
        said, _ = await process.communicate()
    assert process.returncode == 0
    assert time.monotonic() - began < STOPS_WITHIN
    return said.decode()


async def test_serve_ends_when_asked_to(analytics: Analytics) -> None:
    own = on_free_ports(analytics.settings)
    async with command(own, "serve") as process:
        await wait_until_ready(own.http_port)
        await ends_in_time(process)


async def test_work_makes_its_indices_takes_events_in_and_ends_when_asked_to(
    settings: AnalyticsSettings, publish: Publish, kept: Kept
) -> None:
    """From an installation where nothing but `migrate` has run."""
    own = on_free_ports(settings)
    await publish(entry := posted())
    async with command(own, "work") as process:
        await wait_until_ready(own.worker_port)
        await wait_until_served(kept)
        await wait_for(kept, Projection.LEDGER, 1, seconds=60)
        await wait_for_metric(own.worker_port, 'projection_index_missing{projection="ledger"} 0.0')
        await wait_for_metric(own.worker_port, 'database_connections{pool="engine",state="idle"}')
        said = await ends_in_time(process)
    assert await kept.of(Projection.LEDGER) == expected(entry)
    assert "projection_waits" not in said, "events come when there is where to put them"


async def wait_for_metric(port: int, line: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:

        async def is_shown() -> bool:
            return line in (await client.get(f"http://127.0.0.1:{port}/metrics")).text

        await wait_until(is_shown, line)


async def wait_until_served(kept: Kept) -> None:
    async def is_served() -> bool:
        return bool(await kept.elasticsearch.indices.exists_alias(name=f"{kept.prefix}ledger"))

    await wait_until(is_served, "the first index", seconds=60)


async def test_migrate_needs_no_elasticsearch(settings: AnalyticsSettings, postgres_server: PostgresServer) -> None:
    """It runs before anything else does, and may need the database and Kafka alone."""
    url = await postgres_server.create_database()
    nowhere = f"http://127.0.0.1:{free_port()}"
    own = on_free_ports(settings, database_url=url, elasticsearch_url=nowhere)
    async with command(own, "migrate") as process:
        _, said = await process.communicate()
    assert process.returncode == 0, said


async def test_the_api_is_described_without_servers(analytics: Analytics) -> None:
    async with command(analytics.settings, "openapi") as process:
        output, _ = await process.communicate()
    assert b"/api/v1/analytics/revenue" in output
    assert b"/api/v1/analytics/occupancy" in output
