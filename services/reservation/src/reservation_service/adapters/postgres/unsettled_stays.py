"""Stays at reservations that were cancelled meanwhile, in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, exists, func, select
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from reservation_service.adapters.postgres.tables import unsettled_stays
from reservation_service.application.ports import UnsettledStay


class PostgresUnsettledStays:
    """See `reservation_service.application.ports.UnsettledStays`. The caller has locked the reservation."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def note_entry(self, reservation_id: UUID, parking_lot_id: UUID, at: datetime) -> None:
        """Keep an entry, the earliest of those that are reported."""
        new = _row(reservation_id, parking_lot_id, entered_at=at)
        first = func.least(unsettled_stays.c.entered_at, new.excluded.entered_at)
        await self._connection.execute(
            new.on_conflict_do_update(index_elements=["reservation_id"], set_={"entered_at": first})
        )

    async def note_exit(self, reservation_id: UUID, parking_lot_id: UUID, at: datetime) -> None:
        """Keep an exit, the latest of those that are reported."""
        new = _row(reservation_id, parking_lot_id, exited_at=at)
        last = func.greatest(unsettled_stays.c.exited_at, new.excluded.exited_at)
        await self._connection.execute(
            new.on_conflict_do_update(index_elements=["reservation_id"], set_={"exited_at": last})
        )

    async def has(self, reservation_id: UUID) -> bool:
        """Whether anything is kept of a reservation."""
        kept = exists().where(unsettled_stays.c.reservation_id == reservation_id)
        return (await self._connection.execute(select(kept))).scalar_one()

    async def all(self, limit: int) -> Sequence[UnsettledStay]:
        """Those that are not settled, the oldest first."""
        statement = select(unsettled_stays).order_by(unsettled_stays.c.kept_at).limit(limit)
        rows = await self._connection.execute(statement)
        return [UnsettledStay(row.reservation_id, row.parking_lot_id, row.entered_at, row.exited_at) for row in rows]

    async def close(self, reservation_id: UUID) -> bool:
        """The operator has settled it. False where there is none."""
        mine = unsettled_stays.c.reservation_id == reservation_id
        return (await self._connection.execute(delete(unsettled_stays).where(mine))).rowcount == 1


def _row(reservation_id: UUID, parking_lot_id: UUID, **reported: datetime) -> Insert:
    return insert(unsettled_stays).values(reservation_id=reservation_id, parking_lot_id=parking_lot_id, **reported)
