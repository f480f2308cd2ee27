"""One transaction and the repositories on it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from parking_chassis.database import transactions
from parking_service.adapters.kafka.outbox import OutboxEvents
from parking_service.adapters.postgres.imports import PostgresImports
from parking_service.adapters.postgres.lots import PostgresLots
from parking_service.adapters.postgres.occupancy import PostgresOccupancy
from parking_service.adapters.postgres.organizations import PostgresOrganizations
from parking_service.adapters.postgres.spots import PostgresSpots
from parking_service.adapters.postgres.tariffs import PostgresTariffs
from parking_service.application.ports import OpenWork


@dataclass(frozen=True, slots=True)
class PostgresWork:
    """See `parking_service.application.ports.Work`."""

    lots: PostgresLots
    spots: PostgresSpots
    tariffs: PostgresTariffs
    organizations: PostgresOrganizations
    occupancy: PostgresOccupancy
    imports: PostgresImports
    events: OutboxEvents


def work_on(connection: AsyncConnection, now: Callable[[], datetime]) -> PostgresWork:
    """The repositories on a transaction that someone else opened."""
    return PostgresWork(
        PostgresLots(connection, now),
        PostgresSpots(connection),
        PostgresTariffs(connection),
        PostgresOrganizations(connection),
        PostgresOccupancy(connection),
        PostgresImports(connection),
        OutboxEvents(connection),
    )


def postgres_work(engine: AsyncEngine, now: Callable[[], datetime]) -> OpenWork:
    """How this service opens a unit of work."""
    return transactions(engine, lambda connection: work_on(connection, now))
