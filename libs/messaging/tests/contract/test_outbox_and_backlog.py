"""One suite on the fake outbox and on PostgreSQL's, from both sides: the writer's and the relay's."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from parking_messaging import PostgresOutbox, connect_backlog
from parking_messaging.failures import BacklogLost
from parking_messaging.fakes import FakeBacklog, FakeOutbox, FakeTransactions
from parking_messaging.records import Subject


@dataclass
class Harness:
    outbox: Any
    transactions: Any
    connect: Callable[[], Awaitable[Any]]

    async def add(self, *events: Any) -> None:
        async with self.transactions() as tx:
            await self.outbox.add(tx, events)


type Parts = tuple[Any, Any, Callable[[], Awaitable[Any]]]


@pytest.fixture(params=["fake", "postgres"])
def parts(request: pytest.FixtureRequest) -> Parts:
    if request.param == "postgres":
        url = request.getfixturevalue("database_url")
        return PostgresOutbox(), request.getfixturevalue("engine").begin, connect_backlog(url, "sample")
    outbox = FakeOutbox()

    async def connect() -> FakeBacklog:
        return FakeBacklog(outbox)

    return outbox, FakeTransactions(), connect


@pytest_asyncio.fixture
async def harness(parts: Parts) -> AsyncIterator[Harness]:
    outbox, transactions, open_backlog = parts
    opened: list[Any] = []

    async def connect() -> Any:
        opened.append(await open_backlog())
        return opened[-1]

    yield Harness(outbox, transactions, connect)
    for backlog in opened:
        await backlog.close()


async def test_events_are_seen_after_the_commit_in_their_order(harness: Harness, sample: Any) -> None:
    backlog = await harness.connect()
    events = [sample.event(version=version) for version in range(1, 31)]
    async with harness.transactions() as tx:
        await harness.outbox.add(tx, events)
        assert await backlog.unsent(100, ()) == []
    unsent = await backlog.unsent(100, ())
    assert [each.row.version for each in unsent] == list(range(1, 31))
    assert [each.seq for each in unsent] == sorted(each.seq for each in unsent)
    assert [each.row.payload for each in unsent] == [event.to_json() for event in events]
    assert {each.subject for each in unsent} == {Subject(sample.topic.name, event.subject) for event in events}
    assert len(await backlog.unsent(7, ())) == 7


async def test_a_rollback_leaves_nothing(harness: Harness, sample: Any) -> None:
    async def add_and_fail() -> None:
        async with harness.transactions() as tx:
            await harness.outbox.add(tx, [sample.event()])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await add_and_fail()
    assert await (await harness.connect()).unsent(10, ()) == []


async def test_adding_nothing_is_nothing(harness: Harness) -> None:
    await harness.add()
    assert await (await harness.connect()).unsent(10, ()) == []


async def test_held_subjects_are_passed_over(harness: Harness, sample: Any) -> None:
    held, free = sample.event(), sample.event()
    await harness.add(held, free)
    backlog = await harness.connect()
    (only,) = await backlog.unsent(10, [Subject(sample.topic.name, held.subject)])
    assert only.subject.id == free.subject


async def test_what_is_marked_does_not_come_again(harness: Harness, sample: Any) -> None:
    await harness.add(sample.event(version=1), sample.event(version=2), sample.event(version=3))
    backlog = await harness.connect()
    first, second, third = await backlog.unsent(10, ())
    await backlog.mark_sent([first.seq, third.seq])
    assert await backlog.unsent(10, ()) == [second]
    state = await backlog.state()
    assert state.unsent == 1
    assert 0 <= state.oldest_age < 60


async def test_an_empty_backlog_has_no_age(harness: Harness) -> None:
    state = await (await harness.connect()).state()
    assert (state.unsent, state.oldest_age) == (0, 0.0)


async def test_sent_rows_are_deleted_in_batches_and_unsent_ones_never(harness: Harness, sample: Any) -> None:
    await harness.add(*(sample.event() for _ in range(10)))
    backlog = await harness.connect()
    await backlog.mark_sent([each.seq for each in (await backlog.unsent(10, ()))[1:]])
    assert await backlog.delete_sent(timedelta(hours=1), 100) == 0
    assert await backlog.delete_sent(timedelta(0), 4) == 4
    assert await backlog.delete_sent(timedelta(0), 100) == 5
    assert (await backlog.state()).unsent == 1


async def test_one_has_the_lock_until_it_closes(harness: Harness) -> None:
    first, second = await harness.connect(), await harness.connect()
    assert await first.acquire()
    assert not await second.acquire()
    await first.check()
    await first.close()
    assert await second.acquire()


async def test_a_lost_backlog_says_so(harness: Harness) -> None:
    backlog = await harness.connect()
    assert await backlog.acquire()
    if isinstance(backlog, FakeBacklog):
        backlog.lose()
    else:
        async with harness.transactions() as tx:
            await tx.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE application_name = 'sample relay' AND datname = current_database()"
                )
            )
        await backlog.lost.wait()
    with pytest.raises(BacklogLost):
        await backlog.check()
    with pytest.raises(BacklogLost):
        await backlog.mark_sent([1])
    assert await (await harness.connect()).acquire()
