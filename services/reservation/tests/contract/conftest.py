from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from services.reservation.tests.contract.stores import Store, in_memory, on_postgres
from services.reservation.tests.examples import hourly, lot_copy, spot_copy

from parking_kernel.askers import THE_SERVICE
from reservation_service.domain.lots import Spot


@pytest_asyncio.fixture(params=["in memory", "postgres"])
async def store(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[Store]:
    opened = in_memory() if request.param == "in memory" else on_postgres(database_url)
    async with opened as (work, bookings):
        tariff = hourly()
        lot = lot_copy(tariff)
        copies = [spot_copy(lot.id, *each) for each in (("1",), ("2",), ("3", "accessible"))]
        async with work(THE_SERVICE) as within:
            await within.copies.keep_tariff(tariff)
            await within.copies.keep_lot(lot)
            await within.copies.keep_spots(copies)
        yield Store(work, bookings, lot, [Spot(each.id, each.number, each.type, each.version) for each in copies])
