"""One transaction and the repositories on it."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from notification_service.adapters.postgres.copies import PostgresCopies
from notification_service.adapters.postgres.deliveries import PostgresDeliveries
from notification_service.adapters.postgres.notifications import PostgresNotifications
from notification_service.adapters.postgres.outbox import publish
from notification_service.adapters.postgres.rooms import ANNOUNCED, PostgresRoomEvents
from notification_service.adapters.postgres.tickets import PostgresTickets
from notification_service.application.ports import Work
from notification_service.domain.deliveries import Delivery
from notification_service.domain.rooms import RoomEvent
from parking_chassis.units_of_work import Transaction, UnitsOfWork


def units_of_work() -> UnitsOfWork[Work, Delivery]:
    """How this service makes them."""
    return UnitsOfWork(_work, publish)


def _work(transaction: Transaction[Delivery]) -> Work:
    connection = transaction.connection
    return Work(
        copies=PostgresCopies(connection),
        notifications=PostgresNotifications(connection),
        deliveries=PostgresDeliveries(transaction),
        room_events=PostgresRoomEvents(connection),
        tickets=PostgresTickets(connection),
    )


def announcing(
    engine: AsyncEngine, announce: Callable[[Sequence[RoomEvent]], None]
) -> Callable[[], AbstractAsyncContextManager[AsyncConnection]]:
    """Transactions for consumers: what they published in rooms is announced once it is committed, never before."""

    @asynccontextmanager
    async def begin() -> AsyncGenerator[AsyncConnection]:
        async with engine.begin() as connection:
            # `info` lives as long as the pooled connection: an earlier transaction may have been rolled back.
            published: list[RoomEvent] = []
            connection.info[ANNOUNCED] = published
            yield connection
        if published:
            announce(published)

    return begin
