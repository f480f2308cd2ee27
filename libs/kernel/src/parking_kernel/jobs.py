"""Jobs: work that goes on after its request was answered (202), in chunks, with progress that can be read."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from types import TracebackType
from typing import Final, Protocol
from uuid import UUID

from parking_kernel.askers import THE_SERVICE, Asker
from parking_kernel.clocks import Clock

LEASE: Final = timedelta(seconds=10)
"""How long a chunk that failed, or whose process died, is left alone. One that takes longer keeps its job's lock."""
MAX_ATTEMPTS: Final = 5
GIVEN_UP: Final = (
    f"It failed {MAX_ATTEMPTS} times at the same place. What was done before stands."
    " Start it again; if that fails, too, report it with this id: the cause is in the log."
)


class JobStatus(StrEnum):
    """How far a job is."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """A job that is ours for a while, and how often it was claimed without getting on, this time included."""

    id: UUID
    attempts: int


class Jobs(Protocol):
    """The jobs of one kind, of which each is a row with what its kind knows besides: what it is about, and its counts.

    Progress is what those counts add up to. A second count beside them could say something else.
    """

    async def claim(self, at: datetime, until: datetime) -> ClaimedJob | None:
        """The oldest job that runs and is due at an instant.

        It is ours until it has advanced or ended, and due again at `until` where that does not happen.
        """
        ...

    async def lock(self, job_id: UUID) -> bool:
        """Lock a job until the transaction ends; false where it does not run, or someone else has it."""
        ...

    async def advance(self, job_id: UUID) -> None:
        """Note that a chunk is done: the job is due again at once, before those that began later."""
        ...

    async def end(self, job_id: UUID, at: datetime, failure: str | None = None) -> None:
        """Note that nothing is left to do, or why the job failed: in words for the people who wait for it."""
        ...


@dataclass(frozen=True, slots=True)
class _Within:
    """Notes on whatever is raised in which job it was, so that the log can be asked for it."""

    job_id: UUID

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if error:
            error.add_note(f"in a chunk of job {self.job_id}")


async def run_jobs[Work](
    open_work: Callable[[Asker], AbstractAsyncContextManager[Work]],
    jobs: Callable[[Work], Jobs],
    chunk: Callable[[Work, UUID], Awaitable[int]],
    clock: Clock,
) -> int:
    """Do the jobs that are due, chunk by chunk, until none is; how many things were settled.

    A chunk is one transaction, says how many things it settled, and ends its job where it found none. A process that
    dies leaves whole chunks behind it, and the next one goes on after them: nothing is done twice. A chunk that raises
    is left alone for a while, and ends its job as failed when it was claimed `MAX_ATTEMPTS` times.
    """
    settled = 0
    while True:
        # Counted in a transaction of its own, so that it stands when the chunk's does not.
        now = clock.now()
        async with open_work(THE_SERVICE) as work:
            claimed = await jobs(work).claim(now, now + LEASE)
        if claimed is None:
            return settled
        with _Within(claimed.id):
            async with open_work(THE_SERVICE) as work:
                settled += await _advance(jobs(work), claimed, partial(chunk, work, claimed.id), clock)


async def _advance(jobs: Jobs, claimed: ClaimedJob, chunk: Callable[[], Awaitable[int]], clock: Clock) -> int:
    if not await jobs.lock(claimed.id):
        return 0
    if claimed.attempts > MAX_ATTEMPTS:
        await jobs.end(claimed.id, clock.now(), GIVEN_UP)
        return 0
    settled = await chunk()
    if settled:
        await jobs.advance(claimed.id)
    else:
        await jobs.end(claimed.id, clock.now())
    return settled
