"""What goes on gates' lists, from PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from parking_kernel.periods import Period
from reservation_service.adapters.postgres.tables import reservations, users
from reservation_service.domain.gate_lists import ListedReservation
from reservation_service.domain.reservations import ReservationStatus

# The index of the promise has lot and time: what is read is the lot's day, however long the history is.
_CLAIMS = text(
    """
    SELECT reservation_id, min(lower(during)) AS starts_at FROM allocations
    WHERE parking_lot_id = :parking_lot_id AND during && tstzrange(:starts_at, :ends_at, '[)')
        AND reservation_id IS NOT NULL
    GROUP BY reservation_id ORDER BY starts_at, reservation_id LIMIT :limit
    """
)
_LISTED = select(
    reservations.c.id,
    reservations.c.starts_at,
    reservations.c.ends_at,
    reservations.c.status,
    reservations.c.spot_number,
    reservations.c.vehicle_plate,
)


class PostgresGateLists:
    """See `reservation_service.application.ports.GateLists`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def stays(self, parking_lot_id: UUID, limit: int) -> Sequence[ListedReservation]:
        """The reservations of a lot whose cars are in, the newest first."""
        statement = (
            _LISTED.where(reservations.c.parking_lot_id == parking_lot_id, reservations.c.status == text("'active'"))
            .order_by(reservations.c.id.desc())
            .limit(limit)
        )
        return await self._all(statement)

    async def coming(
        self, parking_lot_id: UUID, window: Period, limit: int
    ) -> tuple[Sequence[ListedReservation], datetime]:
        """Confirmed reservations that meet a window, and until when these are all."""
        values = {"parking_lot_id": parking_lot_id, "starts_at": window.starts_at, "ends_at": window.ends_at}
        claims = (await self._connection.execute(_CLAIMS, {**values, "limit": limit + 1})).all()
        until = window.ends_at
        if len(claims) > limit:
            until = max(claims[-1].starts_at, window.starts_at)
        ids = [each.reservation_id for each in claims if each.starts_at < until][:limit]
        if not ids:
            return (), until
        statement = (
            _LISTED.outerjoin_from(reservations, users, users.c.id == reservations.c.user_id)
            .where(
                reservations.c.id.in_(ids),
                reservations.c.id.between(min(ids), max(ids)),
                reservations.c.status == text("'confirmed'"),
                users.c.suspended_at.is_(None),
            )
            .order_by(reservations.c.starts_at, reservations.c.id)
        )
        return await self._all(statement), until

    async def _all(self, statement: Select[Any]) -> Sequence[ListedReservation]:
        return [_listed(row) for row in await self._connection.execute(statement)]


def _listed(row: Row[Any]) -> ListedReservation:
    period = Period(row.starts_at, row.ends_at)
    return ListedReservation(row.id, period, ReservationStatus(row.status), row.spot_number, row.vehicle_plate)
