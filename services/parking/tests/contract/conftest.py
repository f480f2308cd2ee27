"""The same suite on the fakes and on PostgreSQL: so the fakes cannot lie."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from services.parking.tests.fakes.clock import FakeClock
from services.parking.tests.fakes.postgres.tables import Tables
from services.parking.tests.fakes.postgres.unit_of_work import in_memory_work

from parking_chassis.database import PoolSettings, create_engine
from parking_service.adapters.postgres.unit_of_work import postgres_work
from parking_service.application.ports import OpenWork


@pytest_asyncio.fixture(params=["fake", "postgres"])
async def open_work(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[OpenWork]:
    """A unit of work on empty tables."""
    if request.param == "fake":
        yield in_memory_work(Tables())
        return
    engine = create_engine(database_url, "parking", PoolSettings(size=5))
    yield postgres_work(engine, FakeClock().now)
    await engine.dispose()
