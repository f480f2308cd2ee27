"""Transactions on a real PostgreSQL, and what readiness says of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import nullcontext

import asyncpg
import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from prometheus_client import REGISTRY
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from parking_chassis.database import PoolSettings, create_engine, is_away, ping, with_retries
from parking_chassis.health import health_router
from parking_chassis.metrics import watch_pool
from parking_platform.ports import LOOPBACK, free_port
from parking_platform.testing.servers import PostgresServer
from parking_platform.testing.waiting import wait_until


@pytest_asyncio.fixture
async def engine(postgres_server: PostgresServer) -> AsyncIterator[AsyncEngine]:
    url = await postgres_server.create_database()
    engine = create_engine(url, "chassis", PoolSettings(size=2, timeout=1))
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE things (name text UNIQUE)"))
    yield engine
    await engine.dispose()


async def test_the_url_says_whether_tls_is_asked_for(postgres_server: PostgresServer) -> None:
    """As it does to every client of PostgreSQL; this server has none."""
    url = await postgres_server.create_database()
    for mode, answer in {"disable": nullcontext(), "require": pytest.raises(OSError, match="rejected SSL")}.items():
        engine = create_engine(f"{url}?sslmode={mode}", "chassis", PoolSettings())
        with answer:
            await ping(engine)
        await engine.dispose()


async def names(engine: AsyncEngine) -> list[str]:
    async with engine.connect() as connection:
        return list((await connection.execute(text("SELECT name FROM things ORDER BY name"))).scalars())


async def test_a_failed_statement_does_not_repeat_what_it_was_given(engine: AsyncEngine) -> None:
    with pytest.raises(DBAPIError) as raised:
        async with engine.begin() as connection:
            await connection.execute(text("INSERT INTO nowhere VALUES (:name)"), {"name": "dora@example.com"})
    assert "dora" not in str(raised.value)


async def test_a_serialization_failure_is_tried_again(engine: AsyncEngine) -> None:
    attempts = 0

    async def transaction() -> None:
        nonlocal attempts
        attempts += 1
        async with engine.begin() as connection:
            await connection.execute(text("INSERT INTO things VALUES ('once')"))
            if attempts == 1:
                await connection.execute(text("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$"))

    await with_retries(transaction)
    assert (attempts, await names(engine)) == (2, ["once"])


async def test_connections_that_the_server_closed_are_not_used(engine: AsyncEngine) -> None:
    async with engine.connect() as one, engine.connect() as other:
        drivers = [(await each.get_raw_connection()).driver_connection for each in (one, other)]
        pids = [driver.get_server_pid() for driver in drivers if driver]
    await terminate(engine.url.render_as_string(hide_password=False), pids)
    await wait_until(lambda: all(driver and driver.is_closed() for driver in drivers), "the end of both connections")
    assert await asyncio.gather(names(engine), names(engine)) == [[], []]


async def terminate(url: str, pids: list[int]) -> None:
    administrator = await asyncpg.connect(url.replace("+asyncpg", ""))
    await administrator.fetch("SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid", pids)
    await administrator.close()


async def test_sessions_are_named_and_in_utc(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        shown = await connection.execute(
            text("SELECT current_setting('application_name'), current_setting('timezone')")
        )
        assert tuple(shown.one()) == ("chassis", "UTC")


async def test_a_statement_that_takes_too_long_is_ended_and_the_connection_goes_on(engine: AsyncEngine) -> None:
    async def sleep(seconds: float, limited: AsyncEngine) -> str:
        async with limited.connect() as connection:
            found = await connection.execute(text("SELECT 'woke' FROM pg_sleep(:seconds)"), {"seconds": seconds})
            return found.scalar_one()

    url = engine.url.render_as_string(hide_password=False).replace("+asyncpg", "")
    limited = create_engine(url, "chassis", PoolSettings(size=1, statement_timeout=0.2))
    with pytest.raises(DBAPIError, match="statement timeout") as raised:
        await asyncio.wait_for(sleep(60, limited), 20)
    assert is_away(raised.value), "503 to a client, and a consumer tries again"
    assert await sleep(0, limited) == "woke"
    await limited.dispose()
    assert await sleep(0.3, engine) == "woke", "by default there is time for what takes longer"


async def test_the_pool_is_measured(engine: AsyncEngine) -> None:
    collector = watch_pool(engine)
    try:
        async with engine.connect():
            assert REGISTRY.get_sample_value("database_connections", {"pool": "engine", "state": "in_use"}) == 1
        assert REGISTRY.get_sample_value("database_connections", {"pool": "engine", "state": "in_use"}) == 0
        assert REGISTRY.get_sample_value("database_connections", {"pool": "engine", "state": "idle"}) == 1
    finally:
        REGISTRY.unregister(collector)


async def test_readiness_names_what_is_away(engine: AsyncEngine) -> None:
    nowhere = create_engine(f"postgresql://{LOOPBACK}:{free_port()}/none", "chassis", PoolSettings())
    app = FastAPI()
    app.include_router(health_router({"here": lambda: ping(engine), "away": lambda: ping(nowhere)}))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
        answer = await client.get("/readyz")
        assert (await client.get("/healthz")).status_code == 200
    assert answer.status_code == 503
    assert answer.json()["here"] == "ok"
    assert "Connect call failed" in answer.json()["away"]
    await nowhere.dispose()
