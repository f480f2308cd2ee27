"""One transaction and the repositories on it."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from notification_service.adapters.kafka.outbox import OutboxEvents
from notification_service.adapters.postgres.copies import PostgresCopies
from notification_service.adapters.postgres.deliveries import PostgresDeliveries
from notification_service.adapters.postgres.notifications import PostgresNotifications
from notification_service.adapters.postgres.rooms import ANNOUNCED, PostgresRoomEvents
from notification_service.adapters.postgres.tickets import PostgresTickets
from notification_service.application.ports import OpenWork
from notification_service.domain.rooms import RoomEvent
from parking_chassis.database import transactions


@dataclass(frozen=True, slots=True)
class PostgresWork:
    """See `notification_service.application.ports.Work`."""

    copies: PostgresCopies
    notifications: PostgresNotifications
    deliveries: PostgresDeliveries
    room_events: PostgresRoomEvents
    tickets: PostgresTickets
    events: OutboxEvents


def work_on(connection: AsyncConnection) -> PostgresWork:
    """The repositories on a transaction that someone else opened."""
    return PostgresWork(
        PostgresCopies(connection),
        PostgresNotifications(connection),
        PostgresDeliveries(connection),
        PostgresRoomEvents(connection),
        PostgresTickets(connection),
        OutboxEvents(connection),
    )


def postgres_work(engine: AsyncEngine) -> OpenWork:
    """How this service opens a unit of work."""
    return transactions(engine, work_on)


def announcing(
    engine: AsyncEngine, announce: Callable[[Sequence[RoomEvent]], None]
) -> Callable[[], AbstractAsyncContextManager[AsyncConnection]]:
    """Transactions for the consumers: what they told rooms is announced once it is committed, and never before."""

    @asynccontextmanager
    async def begin() -> AsyncGenerator[AsyncConnection]:
        async with engine.begin() as connection:
            # `info` lives as long as the pooled connection: an earlier transaction may have been rolled back.
            told: list[RoomEvent] = []
            connection.info[ANNOUNCED] = told
            yield connection
        if told:
            announce(told)

    return begin
