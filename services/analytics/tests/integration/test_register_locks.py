"""Writers of indices and changes of the register exclude each other: none writes without knowing of a new index."""

import asyncio
from contextlib import AbstractAsyncContextManager

from services.analytics.tests.documents import expected
from services.analytics.tests.events import posted
from services.analytics.tests.installation import Kept
from sqlalchemy import text

from analytics_service.adapters.elasticsearch.documents import ElasticsearchDocuments
from analytics_service.adapters.kafka.documents import ledger_document
from analytics_service.adapters.postgres.unit_of_work import units_of_work
from analytics_service.application.event_handlers.project import Project, ProjectHandler
from analytics_service.application.ports import Projection, Work
from analytics_service.bootstrap import Analytics
from parking_events import LedgerPostedV1
from parking_kernel.askers import THE_SERVICE
from parking_platform.testing.waiting import wait_until

WAITERS = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")


async def wait_until_someone_waits(analytics: Analytics, waiters: int = 1) -> None:
    async def someone_waits() -> bool:
        async with analytics.engine.connect() as connection:
            return (await connection.execute(WAITERS)).scalar_one() >= waiters

    await wait_until(someone_waits, f"{waiters} who wait for the register")


def opened(analytics: Analytics) -> AbstractAsyncContextManager[Work]:
    return units_of_work().opened_on(analytics.engine)(THE_SERVICE)


async def begin(analytics: Analytics, index: str) -> None:
    async with opened(analytics) as work:
        await work.register.begin_build(Projection.LEDGER, index)


async def write(analytics: Analytics, entry: LedgerPostedV1) -> None:
    document = ledger_document(entry)
    async with opened(analytics) as work:
        await ProjectHandler(ElasticsearchDocuments(analytics.elasticsearch))(work, Project([document]))


async def test_a_rebuild_begins_when_no_writer_is_left_that_does_not_know_of_it(analytics: Analytics) -> None:
    index = await analytics.use_cases.prepare_indices.indices.create(Projection.LEDGER)
    async with opened(analytics) as writer:
        before = await writer.register.targets()
        beginning = asyncio.create_task(begin(analytics, index))
        await wait_until_someone_waits(analytics)
        assert not beginning.done()
        assert before[Projection.LEDGER].building is None
    await beginning
    async with opened(analytics) as writer:
        assert (await writer.register.targets())[Projection.LEDGER].building == index


async def test_writers_do_not_wait_for_each_other(analytics: Analytics) -> None:
    async with (
        opened(analytics) as one,
        opened(analytics) as other,
    ):
        assert await one.register.targets() == await other.register.targets()


async def test_while_the_alias_moves_nobody_writes(analytics: Analytics, kept: Kept) -> None:
    """What is written next goes where the questions go."""
    index = await analytics.use_cases.prepare_indices.indices.create(Projection.LEDGER)
    await begin(analytics, index)
    async with opened(analytics) as rebuild:
        await rebuild.register.finish_build(Projection.LEDGER, index)
        writing = asyncio.create_task(write(analytics, entry := posted()))
        await wait_until_someone_waits(analytics)
        await analytics.use_cases.prepare_indices.indices.serve(Projection.LEDGER, index)
        assert not writing.done()
    await writing
    assert await kept.index(Projection.LEDGER) == index
    assert await kept.of(Projection.LEDGER) == expected(entry)
