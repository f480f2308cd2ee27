"""What runs once in a long while in the whole service: its next time stands in the database.

So a start runs nothing again, and of many workers one does it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Column, MetaData, Table, Text, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from parking_chassis.tables import instant

LEASE = timedelta(hours=1)
"""What was begun and neither ended nor failed, because its process died, is due again after that."""


def schedules_table(metadata: MetaData) -> Table:
    """Attach the table to a service's metadata. Its migrations make it with `CREATE_SCHEDULES_TABLE`."""
    return Table(
        "schedules", metadata, Column("name", Text, primary_key=True), Column("due_at", instant(), nullable=False)
    )


# Frozen, as migrations are.
CREATE_SCHEDULES_TABLE = """
    CREATE TABLE schedules (name text NOT NULL, due_at timestamptz NOT NULL, CONSTRAINT pk_schedules PRIMARY KEY (name))
"""


@dataclass(frozen=True, slots=True)
class Scheduled:
    """An action that is due a `period` after it last succeeded, and `retry` after it failed; at first at once."""

    engine: AsyncEngine
    table: Table
    name: str
    period: timedelta
    retry: timedelta
    action: Callable[[], Awaitable[object]]

    async def __call__(self) -> bool:
        """Run it if it is due, here and now. Whether it ran; raises what it raises."""
        if not await self._begun():
            return False
        pause = self.retry
        try:
            await self.action()
            pause = self.period
        finally:
            await self._due_after(pause)
        return True

    async def _begun(self) -> bool:
        columns = self.table.c
        statement = insert(self.table).values(name=self.name, due_at=func.now() + LEASE)
        statement = statement.on_conflict_do_update(
            index_elements=[columns.name],
            set_={"due_at": statement.excluded.due_at},
            where=columns.due_at <= func.now(),
        )
        async with self.engine.begin() as connection:
            return (await connection.execute(statement)).rowcount == 1

    async def _due_after(self, pause: timedelta) -> None:
        statement = update(self.table).where(self.table.c.name == self.name).values(due_at=func.now() + pause)
        async with self.engine.begin() as connection:
            await connection.execute(statement)
