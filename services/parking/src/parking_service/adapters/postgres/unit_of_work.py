"""One transaction and the repositories on it."""

from collections.abc import Callable
from datetime import datetime

from parking_chassis.sealing import Sealer
from parking_chassis.stored_answers import PostgresAnswers
from parking_chassis.stored_jobs import PostgresJobs
from parking_chassis.units_of_work import Transaction, UnitsOfWork
from parking_service.adapters.postgres.bookings import PostgresBookings
from parking_service.adapters.postgres.imports import PostgresImports
from parking_service.adapters.postgres.lots import PostgresLots
from parking_service.adapters.postgres.occupancy import PostgresOccupancy
from parking_service.adapters.postgres.organizations import PostgresOrganizations
from parking_service.adapters.postgres.outbox import publish
from parking_service.adapters.postgres.spots import PostgresSpots
from parking_service.adapters.postgres.supply_changes import PostgresSupplyChanges
from parking_service.adapters.postgres.tables import idempotency_keys, imports
from parking_service.adapters.postgres.tariffs import PostgresTariffs
from parking_service.application.ports import Aggregate, Work


def units_of_work(now: Callable[[], datetime], sealer: Sealer) -> UnitsOfWork[Work, Aggregate]:
    """How this service makes its units of work."""

    def build(transaction: Transaction[Aggregate]) -> Work:
        connection = transaction.connection
        return Work(
            lots=PostgresLots(transaction, now),
            spots=PostgresSpots(transaction),
            tariffs=PostgresTariffs(transaction),
            organizations=PostgresOrganizations(connection),
            occupancy=PostgresOccupancy(transaction),
            imports=PostgresImports(connection),
            import_jobs=PostgresJobs(connection, imports),
            bookings=PostgresBookings(connection),
            supply_changes=PostgresSupplyChanges(connection),
            answers=PostgresAnswers(connection, idempotency_keys, sealer),
        )

    return UnitsOfWork(build, publish)
