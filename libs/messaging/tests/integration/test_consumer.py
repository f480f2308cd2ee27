"""The consumer between a real broker and a real database."""

import asyncio
import random
from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from parking_messaging import (
    Consumer,
    ConsumerSettings,
    Handlers,
    KafkaConnection,
    PoisonEvent,
    PostgresInbox,
    PostgresOutbox,
    RelaySettings,
    Replayer,
    RetryPolicy,
    ensure_topics,
    group_lag,
    kafka_consumer,
    postgres_relay,
    topics_of,
)
from parking_messaging.backoff import Backoff

FAST = ConsumerSettings(retry=RetryPolicy(tries=2, between_tries=Backoff(0.01, 0.01)))


class World:
    def __init__(self, sample: Any, engine: AsyncEngine, database_url: str, kafka: KafkaConnection, add: Any) -> None:
        self.sample, self.engine, self.database_url, self.kafka = sample, engine, database_url, kafka
        self.poison: Collection[tuple[UUID, int]] = set()
        self.handlers: Handlers[AsyncConnection] = Handlers()
        self._add_effect = add
        self.handlers.effect(sample.event_class, self._handle)

    async def _handle(self, event: Any, envelope: Any, tx: AsyncConnection) -> None:
        await self._add_effect(event, envelope, tx)
        if (event.sample_id, event.version) in self.poison:
            raise PoisonEvent("a bad one")

    def consumer(self) -> Consumer[AsyncConnection]:
        return kafka_consumer(
            group=self.sample.group,
            handlers=self.handlers,
            transactions=self.engine.begin,
            kafka=self.kafka,
            settings=FAST,
        )

    def replayer(self) -> Replayer[AsyncConnection]:
        return Replayer(
            group=self.sample.group, handlers=self.handlers, transactions=self.engine.begin, inbox=PostgresInbox()
        )

    def relay(self) -> Any:
        return postgres_relay(settings=RelaySettings("sample"), database_url=self.database_url, kafka=self.kafka)

    async def add(self, events: list[Any]) -> None:
        async with self.engine.begin() as connection:
            await PostgresOutbox().add(connection, events)


@pytest.fixture
def world(
    make_topic: Callable[..., Any], engine: AsyncEngine, database_url: str, kafka: KafkaConnection, add_effect: Any
) -> World:
    return World(make_topic(partitions=4), engine, database_url, kafka, add_effect)


EFFECTS = "SELECT subject, array_agg(version ORDER BY at) FROM effects GROUP BY subject"


async def test_poison_stands_aside_and_after_the_replay_all_is_as_without(
    world: World, kafka: KafkaConnection, running: Any, eventually: Any, rows: Any
) -> None:
    seed = 7
    draw = random.Random(seed)
    await ensure_topics(kafka, [world.sample.topic])
    subjects = [uuid4() for _ in range(40)]
    bad = {subject: draw.randint(1, 10) for subject in draw.sample(subjects, 4)}
    world.poison = set(bad.items())
    await world.add([world.sample.event(subject, version) for version in range(1, 11) for subject in subjects])
    complete = {str(subject): list(range(1, 11)) for subject in subjects}
    held_back = complete | {str(subject): list(range(1, version)) for subject, version in bad.items() if version > 1}
    for subject, version in bad.items():
        if version == 1:
            del held_back[str(subject)]
    async with running(world.relay().run, world.consumer().run):
        await eventually(lambda: _effects(rows, held_back))
        assert await rows("SELECT count(*) FROM dead_letters") == [(4,)]
        parked = sum(10 - version for version in bad.values())
        await eventually(lambda: _is(rows("SELECT count(*) FROM parked_events"), [(parked,)]))
        world.poison = ()
        report = await world.replayer().replay()
        assert (report.applied, report.still_blocked) == (4 + parked, {})
        await eventually(lambda: _effects(rows, complete))
    assert await rows("SELECT count(*) FROM blocked_subjects") == [(0,)]


async def test_dead_letters_reach_their_topic(
    world: World, kafka: KafkaConnection, running: Any, eventually: Any, rows: Any
) -> None:
    subject = uuid4()
    groups = [world.sample.group]
    assert [topic.name for topic in topics_of("nobody", groups=groups)] == [f"{world.sample.group}.dlq"]
    made = await ensure_topics(kafka, [world.sample.topic, *topics_of("nobody", groups=groups)])
    assert len(made) == 2
    assert await ensure_topics(kafka, [world.sample.topic, *topics_of("nobody", groups=groups)]) == []
    world.poison = {(subject, 1)}
    await world.add([world.sample.event(subject, 1)])
    async with running(world.relay().run, world.consumer().run):
        await eventually(
            lambda: _is(
                rows("SELECT aggregatetype FROM outbox WHERE sent_at IS NOT NULL ORDER BY seq"),
                [(world.sample.topic.name,), (f"{world.sample.group}.dlq",)],
            )
        )
        (end,) = (await group_lag(kafka, "nobody.ever", [f"{world.sample.group}.dlq"])).values()
    assert end == 1


async def test_events_flow_on_while_a_replay_drains_their_subject(
    world: World, kafka: KafkaConnection, running: Any, eventually: Any, rows: Any
) -> None:
    """Consumer and replay share the subject: whatever the interleaving, its order holds."""
    await ensure_topics(kafka, [world.sample.topic])
    subject = uuid4()
    async with running(world.relay().run, world.consumer().run):
        version = 0
        for _ in range(5):
            world.poison = {(subject, version + 1)}
            await world.add([world.sample.event(subject, version + n) for n in range(1, 21)])
            version += 20
            await eventually(lambda: _is(rows("SELECT count(*) > 0 FROM parked_events"), [(True,)]))
            world.poison = ()
            more = asyncio.ensure_future(world.add([world.sample.event(subject, version + n) for n in range(1, 21)]))
            version += 20
            report = await world.replayer().replay()
            await more
            assert report.still_blocked == {}
        await eventually(lambda: _effects(rows, {str(subject): list(range(1, version + 1))}))


async def test_two_members_share_the_partitions_and_one_takes_over(
    world: World, kafka: KafkaConnection, running: Any, eventually: Any, rows: Any
) -> None:
    await ensure_topics(kafka, [world.sample.topic])
    subjects = [uuid4() for _ in range(40)]
    first, second = world.consumer(), world.consumer()
    async with running(world.relay().run, first.run):
        await world.add([world.sample.event(subject, version) for version in range(1, 11) for subject in subjects])
        async with running(second.run):
            await eventually(
                lambda: len(first.status().partitions) == 2 and len(second.status().partitions) == 2, within=40
            )
            await world.add([world.sample.event(subject, version) for version in range(11, 21) for subject in subjects])
        await eventually(lambda: len(first.status().partitions) == 4, within=40)
        await world.add([world.sample.event(subject, version) for version in range(21, 31) for subject in subjects])
        await eventually(lambda: _effects(rows, {str(subject): list(range(1, 31)) for subject in subjects}))
        await eventually(lambda: _no_lag(kafka, world))


async def _no_lag(kafka: KafkaConnection, world: World) -> bool:
    lag = await group_lag(kafka, world.sample.group, [world.sample.topic.name])
    assert len(lag) == 4
    return set(lag.values()) == {0}


async def _effects(rows: Any, expected: dict[str, list[int]]) -> bool:
    return dict(await rows(EFFECTS)) == expected


async def _is(actual: Any, expected: object) -> bool:
    return await actual == expected
