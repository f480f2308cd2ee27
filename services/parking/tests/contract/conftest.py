"""The same suite on the fakes and on PostgreSQL: so the fakes cannot lie."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from services.parking.tests.fakes.clock import FakeClock
from services.parking.tests.fakes.postgres.tables import Tables
from services.parking.tests.fakes.postgres.unit_of_work import in_memory_work

from parking_chassis.database import PoolSettings, create_engine
from parking_chassis.sealing import Sealer
from parking_service.adapters.postgres.unit_of_work import units_of_work
from parking_service.application.ports import OpenWork


@pytest_asyncio.fixture(params=["fake", "postgres"])
async def open_work(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[OpenWork]:
    """A unit of work on empty tables."""
    if request.param == "fake":
        yield in_memory_work(Tables(), FakeClock().now)
        return
    engine = create_engine(database_url, "parking", PoolSettings(size=5))
    yield units_of_work(FakeClock().now, Sealer(bytes(32))).opened_on(engine)
    await engine.dispose()
