"""One transaction at a time: it works on a copy, which takes the place of the tables when the block ends well."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from services.reservation.tests.fakes.clock import FakeClock
from services.reservation.tests.fakes.kafka.outbox import InMemoryEvents
from services.reservation.tests.fakes.postgres.allocations import InMemoryAllocations
from services.reservation.tests.fakes.postgres.lots import InMemoryCopies, InMemoryLots
from services.reservation.tests.fakes.postgres.payments_seen import FakeTime, InMemoryPaymentsSeen
from services.reservation.tests.fakes.postgres.reservations import InMemoryReservations
from services.reservation.tests.fakes.postgres.tables import Tables

from reservation_service.application.ports import OpenWork


@dataclass(frozen=True, slots=True)
class InMemoryWork:
    """See `reservation_service.application.ports.Work`."""

    lots: InMemoryLots
    copies: InMemoryCopies
    allocations: InMemoryAllocations
    reservations: InMemoryReservations
    payments_seen: InMemoryPaymentsSeen
    time: FakeTime
    events: InMemoryEvents


def in_memory_work(tables: Tables, clock: FakeClock) -> OpenWork:
    lock = asyncio.Lock()

    @asynccontextmanager
    async def open_work() -> AsyncGenerator[InMemoryWork]:
        async with lock:
            draft = tables.copy()
            yield InMemoryWork(
                InMemoryLots(draft),
                InMemoryCopies(draft),
                InMemoryAllocations(draft),
                InMemoryReservations(draft),
                InMemoryPaymentsSeen(draft),
                FakeTime(clock),
                InMemoryEvents(draft),
            )
            tables.take_over(draft)

    return open_work
