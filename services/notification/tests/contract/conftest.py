"""Each contract runs on the fake and on PostgreSQL."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from services.notification.tests.fakes.postgres.rooms import InMemoryRoomLog
from services.notification.tests.fakes.postgres.tables import Tables
from services.notification.tests.fakes.postgres.unit_of_work import in_memory_work

from notification_service.adapters.postgres.rooms import PostgresRoomLog
from notification_service.adapters.postgres.unit_of_work import postgres_work
from notification_service.application.ports import OpenWork, RoomLog
from parking_chassis.database import PoolSettings, create_engine
from parking_platform.testing.databases import DatabaseCopies


@dataclass(frozen=True)
class Store:
    """The repositories, and the log that reads past them."""

    open_work: OpenWork
    room_log: RoomLog


@pytest_asyncio.fixture(params=["in memory", "postgres"])
async def store(request: pytest.FixtureRequest, databases: DatabaseCopies) -> AsyncIterator[Store]:
    if request.param == "in memory":
        tables = Tables()
        yield Store(in_memory_work(tables), InMemoryRoomLog(tables))
        return
    async with databases.one() as url:
        engine = create_engine(url, "test", PoolSettings(size=5))
        yield Store(postgres_work(engine), PostgresRoomLog(engine))
        await engine.dispose()


@pytest.fixture
def open_work(store: Store) -> OpenWork:
    return store.open_work
