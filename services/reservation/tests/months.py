"""The months of the reservations' partitions, and reservations of each, as the tests of partitions use them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from services.reservation.tests.examples import a_hold, period
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from parking_chassis.units_of_work import Transaction
from parking_kernel.askers import THE_SERVICE
from parking_kernel.changes import Changes
from reservation_service.adapters.postgres.partitions import month_after
from reservation_service.adapters.postgres.reservations import PostgresReservations
from reservation_service.adapters.postgres.rows import reservation_row
from reservation_service.adapters.postgres.tables import reservations
from reservation_service.domain import reservations as domain
from reservation_service.domain.reservations import ReservationState
from reservation_service.domain.supply import SupplyChange

NOW = datetime.now(UTC)


def reservations_on(connection: AsyncConnection) -> PostgresReservations:
    """The repository by itself, on a connection."""
    return PostgresReservations(Transaction(connection, THE_SERVICE, Changes[domain.Reservation | SupplyChange]()))


def months_later(months: int) -> datetime:
    """The beginning of the month after so many others."""
    at = NOW
    for _ in range(months):
        at = month_after(at)
    return at


def table_of(month: datetime) -> str:
    """The partition of an instant's month."""
    return f"reservations_{month:%Y_%m}"


async def put(engine: AsyncEngine, at: datetime, **changes: Any) -> ReservationState:
    """A hold of that instant with its spot's time, behind the service's back."""
    state = a_hold(at=at, when=period(3, NOW + timedelta(days=1))).state
    row = {**reservation_row(state), **changes}
    async with engine.begin() as connection:
        await connection.execute(insert(reservations).values(row))
        await connection.exec_driver_sql(
            "INSERT INTO allocations (id, parking_lot_id, spot_id, during, reservation_id)"
            " VALUES (gen_random_uuid(), $1, $2, tstzrange($3, $4, '[)'), $5)",
            (row["parking_lot_id"], row["spot_id"], row["starts_at"], row["ends_at"], row["id"]),
        )
        return (await reservations_on(connection).get(row["id"])).state
