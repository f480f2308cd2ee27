"""Jobs in a service's own table: the columns that each kind of them has, and how they are claimed and ended."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Index, Integer, String, Table, Text, Uuid, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import SchemaItem

from parking_chassis.claims import ClaimQueue
from parking_chassis.tables import instant
from parking_kernel.jobs import ClaimedJob, JobStatus


def job_columns() -> list[SchemaItem]:
    """What the table of each kind of job has; beside it stand what the job is about, and the counts of what it did.

    Whoever inserts a row gives it a status and both instants, which are the same.
    """
    return [
        Column("id", Uuid, primary_key=True),
        Column("status", String(16), nullable=False),
        Column("total", Integer, nullable=False),
        Column("attempts", Integer, nullable=False, server_default="0"),
        Column("started_at", instant(), nullable=False),
        Column("due_at", instant(), nullable=False, server_default=text("now()")),
        Column("ended_at", instant()),
        Column("failure", Text),
        Index(None, "due_at", postgresql_where=text(f"status = '{JobStatus.RUNNING.value}'")),
    ]


class PostgresJobs:
    """See `parking_kernel.jobs.Jobs`. The table has `job_columns`."""

    def __init__(self, connection: AsyncConnection, table: Table) -> None:
        self._connection = connection
        self._table = table
        self._running = table.c.status == JobStatus.RUNNING.value

    async def claim(self, at: datetime, until: datetime) -> ClaimedJob | None:
        """The oldest job that runs and is due at an instant."""
        due = ClaimQueue(self._table, waits=self._running)
        for row in await due.claim(self._connection, at=at, until=until, limit=1):
            claimed = ClaimedJob(row["id"], row["attempts"] + 1)
            await self._change(claimed.id, attempts=claimed.attempts)
            return claimed
        return None

    async def lock(self, job_id: UUID) -> bool:
        """Lock a job until the transaction ends; false where it does not run, or someone else has it."""
        statement = select(self._table.c.id).where(self._table.c.id == job_id, self._running)
        return await self._connection.scalar(statement.with_for_update(skip_locked=True)) is not None

    async def advance(self, job_id: UUID) -> None:
        """Note that a chunk is done: the job is due again at once, before those that began later."""
        await self._change(job_id, attempts=0, due_at=self._table.c.started_at)

    async def end(self, job_id: UUID, at: datetime, failure: str | None = None) -> None:
        """Note that nothing is left to do, or why the job failed."""
        status = JobStatus.FAILED if failure else JobStatus.DONE
        await self._change(job_id, status=status.value, ended_at=at, failure=failure)

    async def _change(self, job_id: UUID, **values: object) -> None:
        await self._connection.execute(update(self._table).where(self._table.c.id == job_id).values(**values))
