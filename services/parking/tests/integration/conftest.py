"""A lot whose supply goes away, and its bookings."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
import pytest_asyncio
from services.parking.tests.supplies import HOUR, NOON, NOW, PRICES, Book, Supply, file_of, supply_of

from parking_chassis.ids import new_id
from parking_service.application.event_handlers.keep_bookings import KeepBookings, keep_bookings
from parking_service.bootstrap import Parking
from parking_service.domain.bookings import Booking


@pytest_asyncio.fixture
async def supply(operator: Any, run_imports: Callable[[], Awaitable[int]], http: httpx.AsyncClient) -> Supply:
    assert (await operator("POST", "/parking-lots/import", json=file_of(2), params=PRICES)).status_code == 202
    await run_imports()
    return await supply_of(operator, run_imports, http)


@pytest.fixture
def database(database_url: str) -> Callable[[str], Awaitable[list[Any]]]:
    """Asks the test's own database."""

    async def ask(statement: str) -> list[Any]:
        connection = await asyncpg.connect(database_url)
        found = await connection.fetch(statement)
        await connection.close()
        return found

    return ask


@pytest.fixture
def book(parking: Parking) -> Book:
    """What the consumer does when reservation publishes a reservation."""

    async def keep(supply: Supply, number: str = "S0002", starts_at: datetime = NOON, **changes: Any) -> Booking:
        spot_id = UUID(supply.spots[number])
        known = Booking(
            *(new_id(), UUID(supply.lot_id), spot_id, number, "confirmed", starts_at, starts_at + HOUR, 2, NOW)
        )
        booking = replace(known, **changes)
        async with parking.engine.begin() as connection, parking.work_on(connection) as work:
            await keep_bookings(KeepBookings([booking]), work)
        return booking

    return keep
