"""What the consumer promises its handlers, on fakes."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from parking_messaging import Delivery, Handlers, PoisonEvent, TryAgainLater
from parking_messaging.consumer import Consumer, ConsumerSettings
from parking_messaging.fakes import FakeSource, FakeTransaction
from parking_messaging.records import Partition, Record


async def test_each_event_takes_effect_once_in_order(world: Any, running: Any, eventually: Any) -> None:
    subjects = [uuid4() for _ in range(5)]
    for version in range(1, 21):
        for subject in subjects:
            record = world.publish(subject, version)
            world.broker.put(record)
    async with running(world.consumer.run):
        await eventually(world.is_settled)
    assert world.effects == {subject: list(range(1, 21)) for subject in subjects}


async def test_without_inbox_a_repeat_has_a_second_effect(new_world: Any, running: Any, eventually: Any) -> None:
    world = new_world(notes_effects=False)
    world.handlers.effect(world.sample.event_class, world.handle)
    subject = uuid4()
    world.broker.put(world.publish(subject, 1))
    async with running(world.consumer.run):
        await eventually(world.is_settled)
    assert world.effects[subject] == [1, 1]


async def test_an_effect_is_never_skipped_by_its_version(world: Any, running: Any, eventually: Any) -> None:
    subject = uuid4()
    for version in (2, 1):
        world.publish(subject, version)
    async with running(world.consumer.run):
        await eventually(world.is_settled)
    assert world.effects[subject] == [2, 1]


@pytest.mark.parametrize("new_world", [False], indirect=True, ids=["a lane each"])
async def test_try_again_later_stops_one_partition_alone(
    world: Any, running: Any, eventually: Any, subject_of: Any
) -> None:
    waiting, flowing = subject_of(0), subject_of(1)
    world.trouble[waiting, 1] = TryAgainLater("the bank is away")
    for version in range(1, 31):
        world.publish(waiting, version)
        world.publish(flowing, version)
    async with running(world.consumer.run):
        await eventually(lambda: world.effects[flowing] == list(range(1, 31)))
        await eventually(lambda: world.attempts[waiting, 1] > 3 + 2)
        assert world.effects[waiting] == []
        await eventually(lambda: world.consumer.status().waiting == {Partition(world.sample.topic.name, 0)})
        world.trouble.clear()
        await eventually(world.is_settled)
    assert world.effects[waiting] == list(range(1, 31))
    assert world.inbox.dead_letters == []


async def test_unknown_types_are_left_alone(world: Any, running: Any, eventually: Any) -> None:
    world.publish(uuid4(), 1, ce_type=b"parking.sample.invented_tomorrow.v1")
    async with running(world.consumer.run):
        await eventually(world.is_settled)
    assert (world.effects, world.inbox.dead_letters) == ({}, [])


async def test_a_failed_commit_is_tried_again(world: Any, running: Any, eventually: Any) -> None:
    subject = uuid4()
    world.transactions.fail_next_commit = ConnectionResetError("the database went away")
    world.publish(subject, 1)
    async with running(world.consumer.run):
        await eventually(world.is_settled)
    assert world.effects[subject] == [1]
    assert world.attempts[subject, 1] == 2


async def test_a_rebalance_finishes_the_event_at_hand_and_repeats_nothing(
    world: Any, running: Any, eventually: Any
) -> None:
    subjects = [uuid4() for _ in range(4)]
    for version in range(1, 101):
        for subject in subjects:
            world.publish(subject, version)
    async with running(world.consumer.run):
        for _ in range(5):
            await eventually(lambda: world.sources and any(world.effects.values()))
            await world.sources[-1].rebalance()
        await eventually(world.is_settled)
    assert world.effects == {subject: list(range(1, 101)) for subject in subjects}
    assert max(world.attempts.values()) == 1


async def test_stopping_finishes_the_event_at_hand_and_commits(
    world: Any, running: Any, eventually: Any, subject_of: Any
) -> None:
    started, go_on = asyncio.Event(), asyncio.Event()

    async def slow(deliveries: Sequence[Delivery], tx: FakeTransaction) -> None:
        started.set()
        await go_on.wait()
        await world.handle_batch(deliveries, tx)

    world.handlers = Handlers()
    world.handlers.effect_batch(world.sample.event_class, slow, batch_size=1)
    world.processor._handlers = world.handlers
    subject = subject_of(0)
    for version in (1, 2, 3):
        world.publish(subject, version)
    async with running(world.consumer.run) as stop:
        await eventually(started.is_set)
        stop.set()
        ((lane, _),) = world.consumer._lanes.values()
        await eventually(lane._stopping.is_set)
        go_on.set()
    assert world.effects[subject] == [1]
    assert world.broker.committed[world.sample.group, Partition(world.sample.topic.name, 0)] == 1


async def test_stopping_does_not_go_on_with_the_other_halves_of_a_batch(
    new_world: Any, running: Any, eventually: Any, subject_of: Any
) -> None:
    world = new_world()
    settling_alone = asyncio.Event()

    async def handle(deliveries: Sequence[Delivery], tx: FakeTransaction) -> None:
        if len(deliveries) == 4:
            raise ValueError("not as one")
        settling_alone.set()
        ((lane, _),) = world.consumer._lanes.values()
        await eventually(lane._stopping.is_set)
        await world.handle_batch(deliveries, tx)

    world.handlers.effect_batch(world.sample.event_class, handle, batch_size=4)
    subject = subject_of(0)
    for version in (1, 2, 3, 4):
        world.publish(subject, version)
    async with running(world.consumer.run) as stop:
        await eventually(settling_alone.is_set)
        stop.set()
    assert world.effects[subject] == [1, 2]
    assert world.broker.committed[world.sample.group, Partition(world.sample.topic.name, 0)] == 2


async def test_a_hanging_handler_is_cut_off_and_its_event_comes_again(
    world: Any, eventually: Any, subject_of: Any
) -> None:
    hung = asyncio.Event()

    async def hang(deliveries: Sequence[Delivery], tx: FakeTransaction) -> None:
        hung.set()
        await asyncio.Event().wait()

    handlers: Handlers[FakeTransaction] = Handlers()
    handlers.effect_batch(world.sample.event_class, hang, batch_size=1)
    world.processor._handlers = handlers
    world.publish(subject_of(0), 1)
    stop = asyncio.Event()
    task = asyncio.ensure_future(world.consumer.run(stop))
    await eventually(hung.is_set)
    stop.set()
    async with asyncio.timeout(5):
        await task
    assert world.broker.committed == {}
    assert world.inbox._state.noted == {}


async def test_a_broker_that_is_down_is_waited_for(world: Any, running: Any, eventually: Any) -> None:
    world.broker.is_down = True
    subject = uuid4()
    world.publish(subject, 1)
    async with running(world.consumer.run):
        await eventually(lambda: len(world.sources) >= 3)
        world.broker.is_down = False
        await eventually(world.is_settled)
    assert world.effects[subject] == [1]


async def test_a_batch_that_fails_is_settled_by_halves(
    new_world: Any, running: Any, eventually: Any, subject_of: Any
) -> None:
    world = new_world()
    world.handlers.effect_batch(world.sample.event_class, world.handle_batch, batch_size=10)
    bad, good = subject_of(0), subject_of(0)
    world.trouble[bad, 3] = PoisonEvent("no")
    for version in range(1, 16):
        world.publish(bad, version)
        world.publish(good, version)
        world.broker.put(world.publish(good, 100 + version))
    async with running(world.consumer.run):
        await eventually(world.is_settled)
    assert 5 < max(map(len, world.batches)) <= 10
    assert world.effects[bad] == [1, 2]
    expected = [version for low in range(1, 16) for version in (low, 100 + low)]
    assert world.effects[good] == expected
    world.trouble.clear()
    await world.replayer.replay()
    assert world.effects[bad] == list(range(1, 16))


async def test_one_bad_event_costs_a_batch_little_and_a_blocked_subject_nothing(
    new_world: Any, running: Any, eventually: Any, subject_of: Any
) -> None:
    world = new_world()
    world.handlers.effect_batch(world.sample.event_class, world.handle_batch, batch_size=64)
    bad, good = subject_of(0), subject_of(0)
    world.trouble[bad, 1] = PoisonEvent("no")
    for version in range(1, 65):
        world.publish(good, version)
    world.publish(bad, 1)
    world.consumer._settings = replace(world.consumer._settings, lane_high=1_000)
    async with running(world.consumer.run):
        await eventually(world.is_settled)
        assert len(world.batches) <= 1 + 2 * 6  # halved six times at most, both halves
        world.batches.clear()
        for version in range(2, 34):
            world.publish(bad, version)
            world.publish(good, 63 + version)
        await eventually(world.is_settled)
    assert world.effects[good] == list(range(1, 97))
    assert world.effects[bad] == []
    assert max(map(len, world.batches)) > 1
    world.trouble.clear()
    await world.replayer.replay()
    assert world.effects[bad] == list(range(1, 34))


@pytest.mark.parametrize("new_world", [True], indirect=True, ids=["one lane"])
async def test_a_shared_lane_makes_batches_across_partitions_and_all_wait_together(
    new_world: Any, running: Any, eventually: Any, subject_of: Any
) -> None:
    world = new_world()
    world.handlers.effect_batch(world.sample.event_class, world.handle_batch, batch_size=10)
    left, right = subject_of(0), subject_of(1)
    world.trouble[left, 1] = TryAgainLater("the bank is away")
    for version in (1, 2, 3):
        world.publish(left, version)
        world.publish(right, version)
    async with running(world.consumer.run):
        await eventually(lambda: world.attempts[left, 1] > 3)
        assert not any(world.effects.values())
        partitions = {Partition(world.sample.topic.name, number) for number in (0, 1)}
        assert world.consumer.status().waiting == partitions
        world.trouble.clear()
        await eventually(world.is_settled)
    assert world.effects == {left: [1, 2, 3], right: [1, 2, 3]}
    assert {0, 1} in [{delivery.envelope.partition for delivery in batch} for batch in world.batches]


@pytest.mark.parametrize("batch_size", [1, 10])
async def test_a_partition_that_leaves_takes_nothing_from_those_that_stay(
    new_world: Any, running: Any, eventually: Any, subject_of: Any, batch_size: int
) -> None:
    world = new_world()
    started, go_on = asyncio.Event(), asyncio.Event()

    async def slow(deliveries: Sequence[Delivery], tx: FakeTransaction) -> None:
        started.set()
        await go_on.wait()
        await world.handle_batch(deliveries, tx)

    world.handlers.effect_batch(world.sample.event_class, slow, batch_size=batch_size)
    leaving, staying = subject_of(0), subject_of(1)
    for version in range(1, 31):
        world.publish(leaving, version)
        world.publish(staying, version)
    async with running(world.consumer.run):
        await eventually(started.is_set)
        revoking = asyncio.ensure_future(world.consumer.revoked([Partition(world.sample.topic.name, 0)]))
        await asyncio.sleep(0)
        go_on.set()
        await revoking
        await eventually(lambda: world.effects[staying] == list(range(1, 31)))
    done = len(world.effects[leaving])
    assert done < 30
    assert world.effects[leaving] == list(range(1, done + 1))
    assert world.broker.committed.get((world.sample.group, Partition(world.sample.topic.name, 0)), 0) == done


async def test_a_state_copy_is_called_for_every_delivery(new_world: Any, running: Any, eventually: Any) -> None:
    world = new_world()
    world.handlers.state_copy(world.sample.event_class, world.handle)
    subject = uuid4()
    world.broker.put(world.publish(subject, 1))
    async with running(world.consumer.run):
        await eventually(world.is_settled)
    assert world.effects[subject] == [1, 1]
    assert world.inbox._state.noted == {}


async def test_the_lag_falls_to_zero(world: Any, running: Any, eventually: Any) -> None:
    for version in range(1, 30):
        world.publish(uuid4(), version)
    async with running(world.consumer.run):
        await eventually(world.is_settled)
        lag = world.consumer.status().lag
        assert lag
        assert set(lag.values()) == {0}


class PatientSource(FakeSource):
    """Remembers for how long it was to wait."""

    def __init__(self, world: Any) -> None:
        super().__init__(world.broker, group=world.sample.group, topics=world.handlers.topics)
        self.timeouts: list[float] = []

    async def poll(self, timeout: float) -> Mapping[Partition, Sequence[Record]]:  # noqa: ASYNC109 - see the port
        self.timeouts.append(timeout)
        return await super().poll(timeout)


async def test_it_polls_often_only_while_something_is_on_the_way(world: Any, running: Any, eventually: Any) -> None:
    source = PatientSource(world)
    settings = ConsumerSettings(poll_timeout=0.02, idle_poll_timeout=60.0, commit_interval=0.05)
    consumer = Consumer(processor=world.processor, connect=lambda: source, settings=settings)
    async with running(consumer.run):
        for version in (1, 2):  # the second comes into the long wait
            world.publish(uuid4(), version)
            await eventually(world.is_settled)
            await eventually(lambda: source.timeouts[-1] == settings.idle_poll_timeout)
    assert settings.poll_timeout in source.timeouts


class BlackHole:
    """A Kafka that takes the connection and says nothing more."""

    def __init__(self, *, joins: bool) -> None:
        self._joins = joins
        self.reached = asyncio.Event()

    async def start(self, listener: Any) -> None:
        if not self._joins:
            await self._hang()

    async def poll(self, timeout: float) -> Any:  # noqa: ASYNC109
        await self._hang()

    async def stop(self) -> None:
        """Leaves."""

    async def _hang(self) -> None:
        self.reached.set()
        await asyncio.Event().wait()


@pytest.mark.parametrize("joins", [False, True])
async def test_it_stops_in_time_though_kafka_is_silent(world: Any, running: Any, eventually: Any, joins: bool) -> None:
    hole: Any = BlackHole(joins=joins)
    consumer = Consumer(processor=world.processor, connect=lambda: hole)
    async with asyncio.timeout(5), running(consumer.run):
        await eventually(hole.reached.is_set)
