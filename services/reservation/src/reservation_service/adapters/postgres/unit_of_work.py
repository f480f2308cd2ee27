"""One transaction and the repositories on it."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from parking_chassis.database import transactions
from reservation_service.adapters.kafka.outbox import OutboxEvents
from reservation_service.adapters.postgres.allocations import PostgresAllocations
from reservation_service.adapters.postgres.lots import PostgresCopies, PostgresLots
from reservation_service.adapters.postgres.payments_seen import DatabaseTime, PostgresPaymentsSeen
from reservation_service.adapters.postgres.reservations import PostgresReservations
from reservation_service.application.ports import OpenWork


@dataclass(frozen=True, slots=True)
class PostgresWork:
    """See `reservation_service.application.ports.Work`."""

    lots: PostgresLots
    copies: PostgresCopies
    allocations: PostgresAllocations
    reservations: PostgresReservations
    payments_seen: PostgresPaymentsSeen
    time: DatabaseTime
    events: OutboxEvents


def work_on(connection: AsyncConnection) -> PostgresWork:
    """The repositories on a transaction that someone else opened."""
    return PostgresWork(
        PostgresLots(connection),
        PostgresCopies(connection),
        PostgresAllocations(connection),
        PostgresReservations(connection),
        PostgresPaymentsSeen(connection),
        DatabaseTime(connection),
        OutboxEvents(connection),
    )


def postgres_work(engine: AsyncEngine) -> OpenWork:
    """How this service opens a unit of work."""
    return transactions(engine, work_on)
