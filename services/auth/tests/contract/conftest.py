"""The same suite on the fakes and on PostgreSQL: so the fakes cannot lie."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from services.auth.tests.fakes.clock import FakeClock
from services.auth.tests.fakes.postgres.tables import Tables
from services.auth.tests.fakes.postgres.unit_of_work import in_memory_work

from auth_service.adapters.postgres.unit_of_work import units_of_work
from auth_service.application.ports import OpenWork
from parking_chassis.database import PoolSettings, create_engine
from parking_chassis.ids import new_id
from parking_chassis.sealing import Sealer
from parking_platform.testing.databases import DatabaseCopies


@pytest_asyncio.fixture(params=["fake", "postgres"])
async def open_work(request: pytest.FixtureRequest, databases: DatabaseCopies) -> AsyncIterator[OpenWork]:
    """A unit of work on nothing but the shipped roles."""
    if request.param == "fake":
        yield in_memory_work(Tables(), new_id, FakeClock().now)
        return
    async with databases.one() as url:
        engine = create_engine(url, "auth", PoolSettings(size=10))
        yield units_of_work(Sealer(bytes(32)), Sealer(bytes(32)), new_id).opened_on(engine)
        await engine.dispose()
