"""One transaction at a time: it works on a copy, which takes the place of the tables when the block ends well."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from services.parking.tests.fakes.kafka.outbox import InMemoryEvents
from services.parking.tests.fakes.postgres.imports import InMemoryImports
from services.parking.tests.fakes.postgres.lots import InMemoryLots
from services.parking.tests.fakes.postgres.occupancy import InMemoryOccupancy
from services.parking.tests.fakes.postgres.organizations import InMemoryOrganizations
from services.parking.tests.fakes.postgres.spots import InMemorySpots
from services.parking.tests.fakes.postgres.tables import Tables
from services.parking.tests.fakes.postgres.tariffs import InMemoryTariffs

from parking_service.application.ports import OpenWork


@dataclass(frozen=True, slots=True)
class InMemoryWork:
    """See `parking_service.application.ports.Work`."""

    lots: InMemoryLots
    spots: InMemorySpots
    tariffs: InMemoryTariffs
    organizations: InMemoryOrganizations
    occupancy: InMemoryOccupancy
    imports: InMemoryImports
    events: InMemoryEvents


def in_memory_work(tables: Tables) -> OpenWork:
    lock = asyncio.Lock()

    @asynccontextmanager
    async def open_work() -> AsyncGenerator[InMemoryWork]:
        async with lock:
            draft = tables.copy()
            yield InMemoryWork(
                InMemoryLots(draft),
                InMemorySpots(draft),
                InMemoryTariffs(draft),
                InMemoryOrganizations(draft),
                InMemoryOccupancy(draft),
                InMemoryImports(draft),
                InMemoryEvents(draft),
            )
            tables.take_over(draft)

    return open_work
