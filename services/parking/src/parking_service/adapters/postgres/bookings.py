"""The copy of the bookings."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from parking_chassis.tables import is_among
from parking_messaging import upsert_if_newer
from parking_service.adapters.postgres.tables import NEEDS_SUPPLY, bookings
from parking_service.domain.bookings import ACTIVE, ENDED, Booking

COLUMNS = [bookings.c[each.name] for each in fields(Booking)]
IS_ACTIVE = bookings.c.status == ACTIVE


class PostgresBookings:
    """See `parking_service.application.ports.Bookings`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def keep(self, new_bookings: Sequence[Booking]) -> None:
        """Store what reservation published, each unless something newer is known."""
        if new_bookings:
            values = [asdict(booking) for booking in new_bookings]
            await self._connection.execute(upsert_if_newer(bookings, values[0]), values)

    async def needing_supply(
        self, lot_id: UUID, at: datetime, spot_ids: Collection[UUID] | None = None
    ) -> Sequence[Booking]:
        """The bookings of a lot, or of some of its spots, that are not over at an instant, or whose car is in."""
        statement = select(*COLUMNS).where(
            bookings.c.parking_lot_id == lot_id, NEEDS_SUPPLY, or_(IS_ACTIVE, bookings.c.ends_at > at)
        )
        if spot_ids is not None:
            statement = statement.where(bookings.c.spot_id.in_(spot_ids))
        return [Booking(*row) for row in await self._connection.execute(statement)]

    async def as_of(self) -> datetime | None:
        """When the newest event of those that made the copy was committed."""
        return await self._connection.scalar(select(func.max(bookings.c.committed_at)))

    async def purge(self, before: datetime, limit: int) -> int:
        """Delete bookings that are over, and of which nothing was published since an instant; how many."""
        over = or_(bookings.c.status.in_(sorted(ENDED)), (bookings.c.ends_at < before) & ~IS_ACTIVE)
        old = select(bookings.c.reservation_id).where(bookings.c.committed_at < before, over).limit(limit)
        return (
            await self._connection.execute(delete(bookings).where(is_among(bookings.c.reservation_id, old)))
        ).rowcount
