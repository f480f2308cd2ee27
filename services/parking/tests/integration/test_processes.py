"""The real worker, killed in the middle of an import."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from parking_events.topics import LOGIN, ORGANIZATION, RESERVATION, SUPPLY_CHANGE
from parking_messaging import KafkaConnection, ensure_topics
from parking_platform.ports import free_port
from parking_platform.testing.servers import KafkaServer
from parking_service.bootstrap import Parking
from parking_service.entrypoints.consumers import messaging

PROGRAM = Path(sys.executable).parent / "parking-service"
DEADLINE = 60.0
LOTS = 200
"""Of the file: many enough that its worker is killed in the middle."""


async def wait_until_report(operator: Any, path: str, enough: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Ask how far the import is until it is far enough."""
    give_up_at = asyncio.get_running_loop().time() + DEADLINE
    while True:
        answer = (await operator("GET", path)).json()
        if enough(answer):
            return answer
        assert asyncio.get_running_loop().time() < give_up_at, answer
        await asyncio.sleep(0.02)


async def wait_until_ready(port: int) -> None:
    """Ask the worker until it and all it depends on are ready."""
    give_up_at = asyncio.get_running_loop().time() + DEADLINE
    async with httpx.AsyncClient() as client:
        while True:
            try:
                answer = await client.get(f"http://127.0.0.1:{port}/readyz")
                if answer.status_code == 200:
                    return
            except httpx.TransportError:
                answer = None
            assert asyncio.get_running_loop().time() < give_up_at, answer and answer.text
            await asyncio.sleep(0.1)


@asynccontextmanager
async def worker(environment: dict[str, str]) -> AsyncGenerator[Process]:
    process = await asyncio.create_subprocess_exec(
        PROGRAM, "work", env={**os.environ, **environment}, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


async def test_a_killed_worker_s_import_goes_on_and_makes_nothing_twice(
    operator: Any,
    parking: Parking,
    database_url: str,
    kafka_server: KafkaServer,
    make_settings: Any,
    shared_data: Path,
) -> None:
    document = json.loads((shared_data / "real" / "swiss_rail_parking_rates.geojson").read_text())
    document["features"] = document["features"][:LOTS]
    spots = sum(each["total"] for lot in document["features"] for each in lot["properties"]["capacities"])
    others = [ORGANIZATION, LOGIN, RESERVATION, SUPPLY_CHANGE]
    await ensure_topics(KafkaConnection(kafka_server.bootstrap_servers, client_id="test"), others)
    settings = make_settings(kafka_bootstrap_servers=kafka_server.bootstrap_servers)
    await messaging(replace(parking, settings=settings)).make_topics()
    port = free_port()
    environment = {
        "PARKING_ENVIRONMENT": "test",
        "PARKING_DATABASE_URL": database_url,
        "PARKING_KAFKA_BOOTSTRAP_SERVERS": kafka_server.bootstrap_servers,
        "PARKING_TOKEN_ISSUER": "https://parking.test",
        "PARKING_ANSWER_KEYS": settings.answer_keys.get_secret_value(),
        "PARKING_DEFAULT_CURRENCY": "CHF",
        "PARKING_WORKER_PORT": str(port),
        "PARKING_LOG_LEVEL": "WARNING",
    }
    started = await operator("POST", "/parking-lots/import", json=document)
    path = f"/imports/{started.json()['import_id']}"
    async with worker(environment) as process:
        await wait_until_report(operator, path, lambda answer: answer["created"] >= 50)
        process.kill()
        await process.wait()
    stopped = (await operator("GET", path)).json()
    assert stopped["status"] == "running"
    assert stopped["created"] < LOTS
    async with worker(environment) as process:
        done = await wait_until_report(operator, path, lambda answer: answer["status"] == "done")
        await wait_until_ready(port)
    assert process.returncode == 0
    assert (done["created"], done["updated"], done["unchanged"], done["refused"]) == (LOTS, 0, 0, [])
    connection = await asyncpg.connect(database_url)
    counts = await connection.fetchrow(
        "SELECT (SELECT count(*) FROM lots) AS lots, (SELECT count(*) FROM spots) AS spots,"
        " (SELECT count(*) FROM outbox WHERE type = 'parking.spot.created.v1') AS published"
    )
    await connection.close()
    assert counts is not None
    assert tuple(counts) == (LOTS, spots, spots)
