"""Jobs in memory."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from parking_kernel.jobs import ClaimedJob, JobStatus


@dataclass(frozen=True, slots=True)
class JobRow:
    """What `parking_chassis.stored_jobs.job_columns` hold; `due_at` is where it begins, if nothing else is said."""

    started_at: datetime
    due_at: datetime
    status: JobStatus = JobStatus.RUNNING
    attempts: int = 0
    ended_at: datetime | None = None
    failure: str | None = None


class InMemoryJobs:
    """See `parking_kernel.jobs.Jobs`. Nobody else runs beside a test: a lock is always free."""

    def __init__(self, rows: dict[UUID, JobRow]) -> None:
        self._rows = rows

    async def claim(self, at: datetime, until: datetime) -> ClaimedJob | None:
        """The oldest job that runs and is due at an instant."""
        due = [(row.due_at, job_id) for job_id, row in self._rows.items() if _runs(row) and row.due_at <= at]
        if not due:
            return None
        _, first = min(due)
        attempts = self._rows[first].attempts + 1
        self._rows[first] = replace(self._rows[first], attempts=attempts, due_at=until)
        return ClaimedJob(first, attempts)

    async def lock(self, job_id: UUID) -> bool:
        """Whether a job runs."""
        return job_id in self._rows and _runs(self._rows[job_id])

    async def advance(self, job_id: UUID) -> None:
        """Note that a chunk is done: the job is due again at once."""
        row = self._rows[job_id]
        self._rows[job_id] = replace(row, attempts=0, due_at=row.started_at)

    async def end(self, job_id: UUID, at: datetime, failure: str | None = None) -> None:
        """Note that nothing is left to do, or why the job failed."""
        status = JobStatus.FAILED if failure else JobStatus.DONE
        self._rows[job_id] = replace(self._rows[job_id], status=status, ended_at=at, failure=failure)


def _runs(row: JobRow) -> bool:
    return row.status is JobStatus.RUNNING
