"""Claims and schedules on a real PostgreSQL."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import Column, Integer, MetaData, Table, Text, Uuid, text
from sqlalchemy.ext.asyncio import AsyncEngine

from parking_chassis.claims import ClaimQueue
from parking_chassis.database import PoolSettings, create_engine
from parking_chassis.schedules import CREATE_SCHEDULES_TABLE, Scheduled, schedules_table
from parking_chassis.tables import instant
from parking_platform.testing.servers import PostgresServer

METADATA = MetaData()
MAILS = Table(
    "mails",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("name", Text),
    Column("attempts", Integer),
    Column("due_at", instant()),
)
QUEUE = ClaimQueue(MAILS, waits=MAILS.c.attempts < 3)
SCHEDULES = schedules_table(METADATA)
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest_asyncio.fixture
async def engine(postgres_server: PostgresServer) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(await postgres_server.create_database(), "chassis", PoolSettings(size=3, timeout=1))
    async with engine.begin() as connection:
        mails = "CREATE TABLE mails (id uuid PRIMARY KEY, name text, attempts int, due_at timestamptz)"
        for statement in (mails, CREATE_SCHEDULES_TABLE):
            await connection.execute(text(statement))
    yield engine
    await engine.dispose()


async def queued(engine: AsyncEngine, **due: datetime | None) -> None:
    async with engine.begin() as connection:
        rows = [
            {"id": UUID(int=number), "name": name, "attempts": 0, "due_at": due_at}
            for number, (name, due_at) in enumerate(due.items())
        ]
        await connection.execute(MAILS.insert(), rows)


async def claimed(engine: AsyncEngine, at: datetime = NOW, limit: int = 10) -> list[str]:
    async with engine.begin() as connection:
        return [row["name"] for row in await QUEUE.claim(connection, at=at, until=at + MINUTE, limit=limit)]


async def test_the_longest_due_are_claimed_in_the_order_of_their_ids(engine: AsyncEngine) -> None:
    await queued(engine, b=NOW - MINUTE, a=NOW - 2 * MINUTE, c=NOW, later=NOW + MINUTE, never=None)
    assert await claimed(engine, limit=2) == ["b", "a"]
    assert await claimed(engine, limit=2) == ["c"]


async def test_what_is_not_settled_by_the_end_of_its_lease_is_due_again(engine: AsyncEngine) -> None:
    await queued(engine, a=NOW)
    assert [await claimed(engine), await claimed(engine, NOW + MINUTE / 2)] == [["a"], []]
    assert await claimed(engine, NOW + MINUTE) == ["a"]


async def test_a_row_that_waits_no_more_is_not_claimed(engine: AsyncEngine) -> None:
    await queued(engine, a=NOW)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE mails SET attempts = 3"))
    assert await claimed(engine) == []


async def test_two_processes_never_claim_the_same(engine: AsyncEngine) -> None:
    await queued(engine, a=NOW, b=NOW)
    async with engine.begin() as first:
        mine = await QUEUE.claim(first, at=NOW, until=NOW + MINUTE, limit=1)
        others = await claimed(engine, limit=2)
    assert [row["name"] for row in mine] + others in (["a", "b"], ["b", "a"])


class Rounds:
    """An action that counts, and fails when it is asked to."""

    def __init__(self, engine: AsyncEngine, name: str = "comparison") -> None:
        self.ran = 0
        self.fails = False
        self.scheduled = Scheduled(engine, SCHEDULES, name, DAY, MINUTE, self._run)

    async def _run(self) -> None:
        self.ran += 1
        if self.fails:
            raise ConnectionError


async def passed(engine: AsyncEngine, by: timedelta) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE schedules SET due_at = due_at - CAST(:by AS interval)"), {"by": by})


async def test_what_is_scheduled_runs_once_a_period_however_often_it_is_started(engine: AsyncEngine) -> None:
    workers = [Rounds(engine), Rounds(engine)]
    for worker in workers * 3:
        await worker.scheduled()
    assert sum(worker.ran for worker in workers) == 1
    await passed(engine, DAY)
    for worker in workers:
        await worker.scheduled()
    assert sum(worker.ran for worker in workers) == 2


async def test_what_failed_is_due_again_soon(engine: AsyncEngine) -> None:
    worker = Rounds(engine)
    worker.fails = True
    with pytest.raises(ConnectionError):
        await worker.scheduled()
    assert await worker.scheduled() is False
    await passed(engine, MINUTE)
    worker.fails = False
    assert await worker.scheduled()


async def test_schedules_do_not_disturb_each_other(engine: AsyncEngine) -> None:
    assert [await Rounds(engine, name).scheduled() for name in ("one", "other", "one")] == [True, True, False]
