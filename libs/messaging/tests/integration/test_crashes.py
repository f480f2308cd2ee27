"""Processes die and freeze at the worst moments: nothing is lost, nothing takes effect twice."""

import signal
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from parking_messaging import PostgresOutbox, RelaySettings, postgres_relay


@pytest.fixture
def publish(
    engine: AsyncEngine, database_url: str, kafka: Any, kafka_topic: Any, running: Any, eventually: Any, rows: Any
) -> Any:
    """Put events on the topic the usual way."""

    async def put(subject: Any, count: int) -> None:
        async with engine.begin() as connection:
            await PostgresOutbox().add(connection, [kafka_topic.event(subject, n) for n in range(1, count + 1)])
        relay = postgres_relay(settings=RelaySettings("sample"), database_url=database_url, kafka=kafka)
        async with running(relay.run):
            await eventually(lambda: _is(rows("SELECT count(*) FROM outbox WHERE sent_at IS NULL"), [(0,)]))

    return put


EFFECTS = "SELECT version, count(*) FROM effects GROUP BY version ORDER BY min(at)"


async def test_killed_between_produce_and_mark_an_event_comes_twice_and_takes_effect_once(
    engine: AsyncEngine, start_worker: Any, eventually: Any, rows: Any, kafka_topic: Any
) -> None:
    subject = uuid4()
    for version in range(1, 4):
        async with engine.begin() as connection:
            await PostgresOutbox().add(connection, [kafka_topic.event(subject, version)])
        async with start_worker("relay", hang=True) as worker:
            await worker.says("published")
            worker.send(signal.SIGKILL)
            await worker.ends()
    assert await rows("SELECT count(*) FROM outbox WHERE sent_at IS NULL") == [(3,)]
    async with start_worker("relay"), start_worker("consumer"):
        await eventually(lambda: _is(rows(EFFECTS), [(1, 1), (2, 1), (3, 1)]))
        await eventually(lambda: _is(rows("SELECT count(*) FROM outbox WHERE sent_at IS NULL"), [(0,)]))


@pytest.mark.parametrize(("notes_effects", "count"), [(True, 1), (False, 2)], ids=["inbox on", "inbox off"])
async def test_killed_between_effect_and_offset(
    start_worker: Any, publish: Any, eventually: Any, rows: Any, notes_effects: bool, count: int
) -> None:
    """With the inbox the repeat is harmless; without it the second effect is there for the test to see."""
    await publish(uuid4(), 5)
    async with start_worker("consumer", hang=True, notes_effects=notes_effects) as worker:
        await worker.says("effective")
        await eventually(lambda: _is(rows(EFFECTS), [(version, 1) for version in range(1, 6)]))
        worker.send(signal.SIGKILL)
        await worker.ends()
    await publish(uuid4(), 6)
    async with start_worker("consumer", notes_effects=notes_effects):
        await eventually(lambda: _is(rows("SELECT count(*) FROM effects WHERE version = 6"), [(1,)]), within=30)
    assert await rows(EFFECTS) == [(version, 1 + count) for version in range(1, 6)] + [(6, 1)]


@pytest.mark.parametrize("notes_effects", [True, False], ids=["inbox on", "inbox off"])
async def test_frozen_until_another_took_over_a_consumer_comes_back_without_a_second_effect(
    start_worker: Any, publish: Any, eventually: Any, rows: Any, notes_effects: bool
) -> None:
    """It wakes with records in hand that the other applied meanwhile. Without the inbox it applies them again.

    Between two batches it has no records in hand, and is frozen once more: the control needs a repeat to show.
    """
    all_effects = distinct = 0

    async def effects_exceed(count: int) -> bool:
        ((found,),) = await rows("SELECT count(DISTINCT event_id) FROM effects")
        return found > distinct + count

    worker = {"pace": 0.03, "notes_effects": notes_effects}
    for attempt in range(1, 2 if notes_effects else 5):
        await publish(uuid4(), 200)
        async with start_worker("consumer", **worker) as frozen:
            await eventually(lambda: effects_exceed(10), within=30)
            frozen.send(signal.SIGSTOP)
            async with start_worker("consumer", **worker):
                await eventually(lambda: effects_exceed(100), within=40)
                frozen.send(signal.SIGCONT)
                await eventually(lambda: effects_exceed(199), within=40)
                await publish(uuid4(), 1)
                await eventually(lambda: effects_exceed(200), within=40)
        ((all_effects, distinct),) = await rows("SELECT count(*), count(DISTINCT event_id) FROM effects")
        assert distinct == 201 * attempt
        if all_effects > distinct:
            break
    assert await rows("SELECT count(*) FROM dead_letters") == [(0,)]
    assert (all_effects == distinct) is notes_effects


async def test_a_term_signal_ends_a_consumer_in_time(
    start_worker: Any, publish: Any, eventually: Any, rows: Any
) -> None:
    await publish(uuid4(), 100)
    async with start_worker("consumer", pace=0.05) as worker:
        await eventually(lambda: _is(rows("SELECT count(*) > 5 FROM effects"), [(True,)]), within=30)
        worker.send(signal.SIGTERM)
        assert await worker.ends(within=10) == 0
    (done,) = await rows("SELECT count(*), count(DISTINCT event_id) FROM effects")
    assert done[0] == done[1]
    async with start_worker("consumer"):
        await eventually(lambda: _is(rows("SELECT count(*), count(DISTINCT event_id) FROM effects"), [(100, 100)]))


async def _is(actual: Any, expected: object) -> bool:
    return await actual == expected
