"""One transaction at a time: it works on a copy, which takes the place of the tables when the block ends well."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from services.notification.tests.fakes.kafka.outbox import InMemoryEvents
from services.notification.tests.fakes.postgres.copies import InMemoryCopies
from services.notification.tests.fakes.postgres.deliveries import InMemoryDeliveries
from services.notification.tests.fakes.postgres.notifications import InMemoryNotifications
from services.notification.tests.fakes.postgres.rooms import InMemoryRoomEvents
from services.notification.tests.fakes.postgres.tables import Tables
from services.notification.tests.fakes.postgres.tickets import InMemoryTickets

from notification_service.application.ports import OpenWork


@dataclass(frozen=True, slots=True)
class InMemoryWork:
    """See `notification_service.application.ports.Work`."""

    copies: InMemoryCopies
    notifications: InMemoryNotifications
    deliveries: InMemoryDeliveries
    room_events: InMemoryRoomEvents
    tickets: InMemoryTickets
    events: InMemoryEvents


def in_memory_work(tables: Tables) -> OpenWork:
    lock = asyncio.Lock()

    @asynccontextmanager
    async def open_work() -> AsyncGenerator[InMemoryWork]:
        async with lock:
            draft = tables.copy()
            yield InMemoryWork(
                InMemoryCopies(draft),
                InMemoryNotifications(draft),
                InMemoryDeliveries(draft),
                InMemoryRoomEvents(draft),
                InMemoryTickets(draft),
                InMemoryEvents(draft),
            )
            tables.take_over(draft)

    return open_work
