"""One suite for jobs, in memory and in PostgreSQL."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import Column, Integer, Table, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from parking_chassis.database import PoolSettings, create_engine
from parking_chassis.fakes.jobs import InMemoryJobs, JobRow
from parking_chassis.stored_jobs import PostgresJobs, job_columns
from parking_chassis.tables import service_metadata
from parking_kernel.askers import THE_SERVICE, Asker
from parking_kernel.jobs import GIVEN_UP, LEASE, MAX_ATTEMPTS, ClaimedJob, Jobs, JobStatus, run_jobs
from parking_platform.testing.servers import PostgresServer

pytestmark = pytest.mark.contract

METADATA = service_metadata()
REPORTS = Table("reports", METADATA, *job_columns(), Column("written", Integer, nullable=False))
START = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CHUNK = 2


@dataclass(frozen=True)
class Work:
    """A transaction on the reports: pages of which so many are written."""

    jobs: Jobs
    written: Callable[[UUID], Awaitable[int]]
    write: Callable[[UUID, int], Awaitable[None]]


@dataclass(frozen=True)
class Store:
    """Opens transactions; `begin` stores a job that began at an instant, `read` is what its row says."""

    open_work: Callable[[Asker], AbstractAsyncContextManager[Work]]
    begin: Callable[[datetime, int], Awaitable[UUID]]
    read: Callable[[UUID], Awaitable[JobRow]]


def in_memory() -> Store:
    rows: dict[UUID, JobRow] = {}
    pages: dict[UUID, int] = {}

    @asynccontextmanager
    async def open_work(_asker: Asker) -> AsyncGenerator[Work]:
        draft, draft_pages = dict(rows), dict(pages)

        async def written(job_id: UUID) -> int:
            return draft_pages[job_id]

        async def write(job_id: UUID, count: int) -> None:
            draft_pages[job_id] += count

        yield Work(InMemoryJobs(draft), written, write)
        rows.update(draft)
        pages.update(draft_pages)

    async def begin(at: datetime, _total: int) -> UUID:
        job_id = uuid4()
        rows[job_id], pages[job_id] = JobRow(at, at), 0
        return job_id

    async def read(job_id: UUID) -> JobRow:
        return rows[job_id]

    return Store(open_work, begin, read)


@asynccontextmanager
async def in_postgres(url: str) -> AsyncGenerator[Store]:
    engine = create_engine(url, "chassis", PoolSettings(size=3, timeout=1))
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)

    def work_on(connection: AsyncConnection) -> Work:
        async def written(job_id: UUID) -> int:
            return (await connection.scalars(select(REPORTS.c.written).where(REPORTS.c.id == job_id))).one()

        async def write(job_id: UUID, count: int) -> None:
            values = {"written": REPORTS.c.written + count}
            await connection.execute(update(REPORTS).where(REPORTS.c.id == job_id).values(values))

        return Work(PostgresJobs(connection, REPORTS), written, write)

    @asynccontextmanager
    async def open_work(_asker: Asker) -> AsyncGenerator[Work]:
        async with engine.begin() as connection:
            yield work_on(connection)

    async def begin(at: datetime, total: int) -> UUID:
        row: dict[str, Any] = {"id": uuid4(), "total": total, "status": "running", "written": 0}
        async with engine.begin() as connection:
            await connection.execute(insert(REPORTS).values(row | {"started_at": at, "due_at": at}))
        return row["id"]

    async def read(job_id: UUID) -> JobRow:
        names = ("started_at", "due_at", "status", "attempts", "ended_at", "failure")
        async with engine.connect() as connection:
            found = await connection.execute(select(*(REPORTS.c[name] for name in names)).where(REPORTS.c.id == job_id))
            row = found.mappings().one()
        return JobRow(**{**row, "status": JobStatus(row["status"])})

    yield Store(open_work, begin, read)
    await engine.dispose()


@pytest_asyncio.fixture(params=["in memory", "in PostgreSQL"])
async def store(request: pytest.FixtureRequest, postgres_server: PostgresServer) -> AsyncIterator[Store]:
    if request.param == "in memory":
        yield in_memory()
        return
    async with in_postgres(await postgres_server.create_database()) as store:
        yield store


@dataclass
class Clock:
    present: datetime = START

    def now(self) -> datetime:
        return self.present


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Reports:
    """Writes the pages of reports, two in a chunk; raises `breaks` once so many are written."""

    store: Store
    clock: Clock
    pages: int
    breaks: BaseException | None = None
    breaks_after: int = 0

    async def __call__(self) -> int:
        return await run_jobs(self.store.open_work, lambda work: work.jobs, self.chunk, self.clock)

    async def chunk(self, work: Work, job_id: UUID) -> int:
        before = await work.written(job_id)
        count = min(CHUNK, self.pages - before)
        await work.write(job_id, count)
        if self.breaks and before >= self.breaks_after:
            raise self.breaks
        return count

    async def written(self, job_id: UUID) -> int:
        async with self.store.open_work(THE_SERVICE) as work:
            return await work.written(job_id)


async def test_the_job_that_began_first_is_claimed_first_and_by_one_alone(store: Store) -> None:
    newer, older = await store.begin(START, 1), await store.begin(START - MINUTE, 1)
    until = START + LEASE
    async with store.open_work(THE_SERVICE) as work:
        assert await work.jobs.claim(START - 2 * MINUTE, until) is None
        assert await work.jobs.claim(START, until) == ClaimedJob(older, 1)
    async with store.open_work(THE_SERVICE) as work:
        assert await work.jobs.claim(START, until) == ClaimedJob(newer, 1)
        assert await work.jobs.claim(START, until) is None
    async with store.open_work(THE_SERVICE) as work:
        await work.jobs.advance(older)
        assert await work.jobs.claim(START, until) == ClaimedJob(older, 1), "it got on"
        assert await work.jobs.claim(until, until + LEASE) is not None
        assert await work.jobs.claim(until, until + LEASE) is not None
    assert sorted([(await store.read(each)).attempts for each in (older, newer)]) == [2, 2], "neither got on"


async def test_what_has_ended_is_neither_claimed_nor_locked(store: Store) -> None:
    done, failed = await store.begin(START, 1), await store.begin(START, 1)
    async with store.open_work(THE_SERVICE) as work:
        assert await work.jobs.lock(done)
        await work.jobs.end(done, START + MINUTE)
        await work.jobs.end(failed, START + MINUTE, "the paper ran out")
    async with store.open_work(THE_SERVICE) as work:
        assert await work.jobs.claim(START + MINUTE, START + 2 * MINUTE) is None
        assert [await work.jobs.lock(each) for each in (done, failed, uuid4())] == [False] * 3
    rows = [await store.read(each) for each in (done, failed)]
    assert [(row.status, row.ended_at, row.failure) for row in rows] == [
        (JobStatus.DONE, START + MINUTE, None),
        (JobStatus.FAILED, START + MINUTE, "the paper ran out"),
    ]


async def test_jobs_are_done_chunk_by_chunk(store: Store) -> None:
    reports = Reports(store, Clock(), pages=5)
    jobs = [await store.begin(START, 5) for _ in range(2)]
    assert await reports() == 10
    assert [await reports.written(each) for each in jobs] == [5, 5]
    assert {(await store.read(each)).status for each in jobs} == {JobStatus.DONE}
    assert await reports() == 0


async def test_a_process_that_dies_leaves_whole_chunks_and_the_next_goes_on_after_the_lease(store: Store) -> None:
    clock = Clock()
    job_id = await store.begin(START, 5)
    with pytest.raises(Killed):
        await Reports(store, clock, 5, Killed(), breaks_after=2)()
    heir = Reports(store, clock, pages=5)
    assert await heir.written(job_id) == 2
    assert await heir() == 0, "the dead one's claim counts for a moment"
    clock.present += LEASE
    assert await heir() == 3
    assert (await store.read(job_id)).status is JobStatus.DONE


async def test_a_chunk_that_fails_again_and_again_ends_its_job_and_holds_up_no_other(store: Store) -> None:
    clock = Clock()
    broken = await store.begin(START - MINUTE, 5)
    failing = Reports(store, clock, 5, ValueError("no ink"), breaks_after=2)
    for attempt in range(MAX_ATTEMPTS):
        with pytest.raises(ValueError, match="no ink") as caught:
            await failing()
        assert caught.value.__notes__[-1] == f"in a chunk of job {broken}"
        assert (await store.read(broken)).attempts == attempt + 1, "it stands, although the chunk does not"
        clock.present += LEASE
    other = await store.begin(START, 1)
    healthy = Reports(store, clock, pages=1)
    assert await failing.written(broken) == 2
    assert await healthy() == 1
    row = await store.read(broken)
    assert (row.status, row.failure, row.ended_at) == (JobStatus.FAILED, GIVEN_UP, clock.now())
    assert (await store.read(other)).status is JobStatus.DONE


async def test_a_chunk_that_gets_on_is_forgiven_what_failed_before(store: Store) -> None:
    clock = Clock()
    job_id = await store.begin(START, 3)
    for _ in range(MAX_ATTEMPTS - 1):
        with pytest.raises(ValueError, match="no ink"):
            await Reports(store, clock, 3, ValueError("no ink"))()
        clock.present += LEASE
    with pytest.raises(ValueError, match="no paper"):
        await Reports(store, clock, 3, ValueError("no paper"), breaks_after=2)()
    assert (await store.read(job_id)).attempts == 1
