"""The months of the reservations: each has a partition, made long before it begins (docs/decisions/0015)."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from parking_chassis.ids import make_id_floor

MONTHS_AHEAD: Final = 6
_LONGER_THAN_A_MONTH: Final = timedelta(days=32)

MAKE = text("SELECT make_reservation_partitions(:months_ahead)")
# The first has no lower bound. As of PostgreSQL's own clock, by which reservations get their ids.
FIND = text(
    r"""
    SELECT clock_timestamp() AS as_of,
        CAST(substring(bounds FROM 'FROM \(''([0-9a-f-]+)''\)') AS uuid) AS begins,
        CAST(substring(bounds FROM 'TO \(''([0-9a-f-]+)''\)') AS uuid) AS ends
    FROM pg_inherits
    JOIN pg_class ON pg_class.oid = inhrelid
    CROSS JOIN pg_get_expr(relpartbound, pg_class.oid) AS bounds
    WHERE inhparent = CAST('reservations' AS regclass)
    """
)


class ReservationPartitions:
    """The partitions that are there, and those to be made."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def make(self) -> int:
        """Make those of the present month and the next six that are missing; how many were.

        Bookings go on meanwhile. Raises `DBAPIError` when a lock is not to be had within 2 s, for the next try.
        """
        by_itself = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        async with by_itself.connect() as connection:
            return (await connection.execute(MAKE, {"months_ahead": MONTHS_AHEAD})).scalar_one()

    async def months_ahead(self) -> int:
        """How many months after the present one have a partition, up to the first that has none."""
        async with self._engine.connect() as connection:
            rows = (await connection.execute(FIND)).all()
        if not rows:
            return 0
        bounds = [(row.begins, row.ends) for row in rows]
        covered = takewhile(lambda month: _is_covered(make_id_floor(month), bounds), _months_from(rows[0].as_of))
        return max(sum(1 for _ in covered) - 1, 0)


def month_after(at: datetime) -> datetime:
    """When the next month begins. Months of partitions are those of UTC."""
    present = at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (present + _LONGER_THAN_A_MONTH).replace(day=1)


def _months_from(at: datetime) -> Iterable[datetime]:
    """An instant, and the beginnings of the months after it."""
    while True:
        yield at
        at = month_after(at)


def _is_covered(floor: UUID, bounds: Iterable[tuple[UUID | None, UUID]]) -> bool:
    return any((begins is None or begins <= floor) and floor < ends for begins, ends in bounds)
