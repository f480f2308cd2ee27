"""Counted attempts in PostgreSQL."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from auth_service.adapters.postgres.tables import counted_attempts
from auth_service.domain.attempts import STORED_FOR, Attempts
from parking_chassis.tables import is_among


class PostgresAttempts:
    """See `auth_service.application.ports.CountedAttempts`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def find(self, key: bytes) -> Attempts | None:
        """What is counted; nobody else changes it until the transaction ends."""
        statement = select(counted_attempts).where(counted_attempts.c.key == key).with_for_update()
        row = (await self._connection.execute(statement)).mappings().first()
        return Attempts(row["count"], row["last_at"], row["blocked_until"]) if row else None

    async def open(self, key: bytes, at: datetime) -> Attempts:
        """The same; where nothing is counted, a count of none."""
        values = {"key": key, "count": 0, "last_at": at}
        await self._connection.execute(insert(counted_attempts).values(values).on_conflict_do_nothing())
        return await self.find(key) or Attempts.none(at)

    async def store(self, key: bytes, attempts: Attempts) -> None:
        """Store what was found or opened."""
        values = {"count": attempts.count, "last_at": attempts.last_at, "blocked_until": attempts.blocked_until}
        await self._connection.execute(update(counted_attempts).where(counted_attempts.c.key == key).values(values))

    async def clear(self, key: bytes) -> None:
        """Begin again."""
        await self._connection.execute(delete(counted_attempts).where(counted_attempts.c.key == key))

    async def purge(self, at: datetime, limit: int) -> int:
        """Delete those not tried for `STORED_FOR`; how many, up to `limit`."""
        old = (
            select(counted_attempts.c.key)
            .where(counted_attempts.c.last_at < at - STORED_FOR)
            .order_by(counted_attempts.c.last_at)
        )
        statement = delete(counted_attempts).where(is_among(counted_attempts.c.key, old.limit(limit)))
        return (await self._connection.execute(statement)).rowcount
