"""Each contract runs on the fake and on PostgreSQL."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import pytest
import pytest_asyncio
from services.notification.tests.fakes.postgres.rooms import InMemoryRoomLog
from services.notification.tests.fakes.postgres.tables import Tables
from services.notification.tests.fakes.postgres.unit_of_work import in_memory_work
from sqlalchemy import text

from notification_service.adapters.postgres.rooms import PostgresRoomLog
from notification_service.adapters.postgres.unit_of_work import units_of_work
from notification_service.application.ports import OpenWork, RoomLog
from parking_chassis.database import PoolSettings, create_engine
from parking_platform.testing.databases import DatabaseCopies


@dataclass(frozen=True)
class Store:
    """The repositories, and what reads past them: the log of rooms, and whose events are in the outbox."""

    open_work: OpenWork
    room_log: RoomLog
    published: Callable[[], Awaitable[Sequence[UUID]]]


@pytest_asyncio.fixture(params=["in memory", "postgres"])
async def store(request: pytest.FixtureRequest, databases: DatabaseCopies) -> AsyncIterator[Store]:
    if request.param == "in memory":
        tables = Tables()

        async def in_memory() -> Sequence[UUID]:
            return [event.delivery.id for event in tables.outbox]

        yield Store(in_memory_work(tables), InMemoryRoomLog(tables), in_memory)
        return
    async with databases.one() as url:
        engine = create_engine(url, "test", PoolSettings(size=5))

        async def in_postgres() -> Sequence[UUID]:
            async with engine.connect() as connection:
                found = await connection.execute(text("SELECT aggregateid::uuid FROM outbox ORDER BY seq"))
                return found.scalars().all()

        yield Store(units_of_work().opened_on(engine), PostgresRoomLog(engine), in_postgres)
        await engine.dispose()


@pytest.fixture
def open_work(store: Store) -> OpenWork:
    return store.open_work
