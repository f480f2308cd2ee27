"""The own copy of accounts in PostgreSQL."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from reservation_service.adapters.postgres.tables import users
from reservation_service.application.ports import UserCopy

# The row is locked before it is read: two workers that take the same event see one change between them.
_BEFORE = select(users.c.suspended_at, users.c.version).with_for_update()
_KEEP = text(
    """
    INSERT INTO users (id, suspended_at, version) VALUES (:id, :suspended_at, :version)
    ON CONFLICT (id) DO UPDATE SET version = excluded.version,
        suspended_at = CASE WHEN excluded.suspended_at IS NOT NULL THEN
            least(users.suspended_at, excluded.suspended_at) END
    WHERE users.version < excluded.version
    """
)


class PostgresUsers:
    """See `reservation_service.application.ports.Users`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def keep(self, user: UserCopy) -> bool:
        """Store an account, unless it is stored at this version or a newer one; whether that changes what it may do."""
        before = (await self._connection.execute(_BEFORE.where(users.c.id == user.id))).first()
        values = {
            "id": user.id,
            "suspended_at": user.published_at if user.is_suspended else None,
            "version": user.version,
        }
        if (await self._connection.execute(_KEEP, values)).rowcount != 1:
            return False
        was_suspended = before is not None and before.suspended_at is not None
        return was_suspended != user.is_suspended

    async def suspended_at(self, user_id: UUID) -> datetime | None:
        """Since when an account is suspended; none for one that is not, or that is not known."""
        return (await self._connection.execute(select(users.c.suspended_at).where(users.c.id == user_id))).scalar()
