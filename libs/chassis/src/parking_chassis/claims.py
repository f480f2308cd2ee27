"""Due work in a table: rows that are claimed with a lease, so that no two processes do the same, and none is lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, Table, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class ClaimQueue:
    """The rows of `table` that wait by `waits`, each from the instant in its column `due_at` on.

    A claim moves that instant to the end of its lease: what is not settled by then, because its process died or nobody
    answered, is due again. A partial index on `due_at` where `waits` keeps the question cheap.
    """

    table: Table
    due_at: str = "due_at"
    waits: ColumnElement[bool] | None = None

    async def claim(
        self, connection: AsyncConnection, *, at: datetime, until: datetime, limit: int
    ) -> Sequence[RowMapping]:
        """At most `limit` rows that are due at an instant, taken from those that are due longest.

        No other process gets them before `until`. They come in the order of their ids: an UPDATE returns in none.
        """
        key, due_at = self.table.c.id, self.table.c[self.due_at]
        due = (
            select(key)
            .where(true() if self.waits is None else self.waits, due_at <= at)
            .order_by(due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        statement = update(self.table).where(key.in_(due)).values({due_at: until}).returning(self.table)
        return sorted((await connection.execute(statement)).mappings(), key=lambda row: row["id"])
