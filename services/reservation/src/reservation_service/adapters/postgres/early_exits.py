"""Exits that were reported before their entries, in PostgreSQL."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from reservation_service.domain.gates import REPORTED_WITHIN

KEPT = 2 * REPORTED_WITHIN
"""Longer than an entry may still be reported."""
PURGED_AT_ONCE = 100

_KEEP = text(
    "INSERT INTO early_exits (reservation_id, exited_at) VALUES (:reservation_id, :exited_at) ON CONFLICT DO NOTHING"
)
# As much as comes is also purged, so that the table stays small without a timer of its own.
_PURGE = text(
    """
    DELETE FROM early_exits WHERE (reservation_id, exited_at) IN (
        SELECT reservation_id, exited_at FROM early_exits WHERE kept_at < now() - CAST(:kept AS interval)
        ORDER BY kept_at LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    """
)
_FIRST = text("SELECT min(exited_at) FROM early_exits WHERE reservation_id = :reservation_id AND exited_at >= :since")
_HAS = text("SELECT EXISTS (SELECT FROM early_exits WHERE reservation_id = :reservation_id AND exited_at >= :since)")
_REMOVE = text("DELETE FROM early_exits WHERE reservation_id = :reservation_id")


class PostgresEarlyExits:
    """See `reservation_service.application.ports.EarlyExits`. The caller has locked the reservation."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def keep(self, reservation_id: UUID, exited_at: datetime) -> None:
        """Keep an exit; again changes nothing."""
        await self._connection.execute(_KEEP, {"reservation_id": reservation_id, "exited_at": exited_at})
        await self._connection.execute(_PURGE, {"kept": KEPT, "limit": PURGED_AT_ONCE})

    async def take(self, reservation_id: UUID, since: datetime) -> datetime | None:
        """The first exit since an instant; none is kept any longer then."""
        values = {"reservation_id": reservation_id, "since": since}
        exited_at = (await self._connection.execute(_FIRST, values)).scalar_one()
        if exited_at is not None:
            await self._connection.execute(_REMOVE, {"reservation_id": reservation_id})
        return exited_at

    async def has(self, reservation_id: UUID, since: datetime) -> bool:
        """Whether an exit since an instant is kept of a reservation."""
        values = {"reservation_id": reservation_id, "since": since}
        return (await self._connection.execute(_HAS, values)).scalar_one()
