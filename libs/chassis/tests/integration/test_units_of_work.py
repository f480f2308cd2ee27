"""Units of work on a real PostgreSQL: what was saved is published in the same transaction, nothing is lost."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from parking_chassis.database import PoolSettings, create_engine
from parking_chassis.units_of_work import Transaction, UnitsOfWork
from parking_kernel.askers import THE_SERVICE, Asker
from parking_kernel.changes import UnsavedChanges
from parking_platform.testing.servers import PostgresServer


@dataclass
class Thing:
    name: str
    events: list[str] = field(default_factory=list[str])


@dataclass(frozen=True)
class Things:
    """A repository as every service has them."""

    transaction: Transaction[Thing]

    def get(self, name: str) -> Thing:
        return self.transaction.changes.loaded(Thing(name))

    async def save(self, thing: Thing) -> None:
        await self.transaction.connection.execute(text("INSERT INTO things VALUES (:name)"), {"name": thing.name})
        self.transaction.changes.saved(thing)


async def publish(connection: AsyncConnection, things: Sequence[Thing]) -> None:
    events = [{"event": event} for thing in things for event in thing.events]
    await connection.execute(text("INSERT INTO published (event) VALUES (:event)"), events)


UNITS = UnitsOfWork[Things, Thing](Things, publish)


@pytest_asyncio.fixture
async def engine(postgres_server: PostgresServer) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(await postgres_server.create_database(), "chassis", PoolSettings(size=2, timeout=1))
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE things (name text UNIQUE)"))
        await connection.execute(text("CREATE TABLE published (seq bigint GENERATED ALWAYS AS IDENTITY, event text)"))
    yield engine
    await engine.dispose()


async def stored(engine: AsyncEngine) -> tuple[list[str], list[str]]:
    async with engine.connect() as connection:
        things = list((await connection.execute(text("SELECT name FROM things ORDER BY name"))).scalars())
        events = list((await connection.execute(text("SELECT event FROM published ORDER BY seq"))).scalars())
    return things, events


async def test_what_was_saved_is_published_in_its_transaction(engine: AsyncEngine) -> None:
    async with UNITS.opened_on(engine)(THE_SERVICE) as work:
        await work.save(Thing("second", ["2a", "2b"]))
        await work.save(Thing("first", ["1"]))
    assert await stored(engine) == (["first", "second"], ["2a", "2b", "1"])


async def test_what_is_rolled_back_is_not_published(engine: AsyncEngine) -> None:
    async def fail() -> None:
        async with UNITS.opened_on(engine)(THE_SERVICE) as work:
            await work.save(Thing("lost", ["lost"]))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await stored(engine) == ([], [])


async def test_an_aggregate_with_events_cannot_be_committed_silently(engine: AsyncEngine) -> None:
    async def forgetful() -> None:
        async with UNITS.opened_on(engine)(THE_SERVICE) as work:
            await work.save(Thing("saved", ["saved"]))
            work.get("changed").events.append("it changed")

    with pytest.raises(UnsavedChanges, match="it changed"):
        await forgetful()
    assert await stored(engine) == ([], [])


async def test_a_unit_of_work_knows_who_asks(engine: AsyncEngine) -> None:
    asker = Asker(permissions=frozenset({"write:parking"}))
    async with UNITS.opened_on(engine)(asker) as work:
        assert work.transaction.asker is asker


async def test_it_publishes_in_a_consumers_transaction(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        async with UNITS.on(connection, THE_SERVICE) as work:
            await work.save(Thing("consumed", ["consumed"]))
        await connection.rollback()
    assert await stored(engine) == ([], [])
    async with engine.begin() as connection, UNITS.on(connection, THE_SERVICE) as work:
        await work.save(Thing("consumed", ["consumed"]))
    assert await stored(engine) == (["consumed"], ["consumed"])
