"""What the consumer promises its handlers, on fakes."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from parking_messaging import (
    DeadLetterLimit,
    Delivery,
    Handlers,
    PoisonEvent,
    Processor,
    Replayer,
    RetryPolicy,
    TryAgainLater,
)
from parking_messaging.backoff import Backoff
from parking_messaging.cloud_events import outgoing
from parking_messaging.consumer import Consumer, ConsumerSettings
from parking_messaging.failures import TooManyDeadLetters
from parking_messaging.fakes import FakeBroker, FakeInbox, FakeOutbox, FakeSource, FakeTransaction, FakeTransactions
from parking_messaging.outbox_rows import outbox_row
from parking_messaging.records import Partition, Record, Unsent

FAST = ConsumerSettings(
    retry=RetryPolicy(tries=3, between_tries=Backoff(0.001, 0.001), while_away=Backoff(0.005, 0.01)),
    poll_timeout=0.02, commit_interval=0.01, drain_timeout=1.0, reconnect=Backoff(0.01, 0.01), lane_high=20, lane_low=5,
)  # fmt: skip


class World:
    """A broker with a topic of two partitions, and a consumer that writes down what took effect."""

    def __init__(self, sample: Any, *, limit: int = 500, notes_effects: bool = True) -> None:
        self.sample = sample
        self.broker = FakeBroker({sample.topic.name: 2})
        self.outbox = FakeOutbox()
        self.inbox = FakeInbox(self.outbox)
        self.transactions = FakeTransactions()
        self.handlers: Handlers[FakeTransaction] = Handlers()
        self.effects: dict[UUID, list[int]] = defaultdict(list)
        self.trouble: dict[tuple[UUID, int], Exception] = {}
        self.attempts: dict[tuple[UUID, int], int] = defaultdict(int)
        self.sources: list[FakeSource] = []
        self.processor = Processor(
            group=sample.group, handlers=self.handlers, transactions=self.transactions, inbox=self.inbox,
            limit=DeadLetterLimit(limit), notes_effects=notes_effects,
        )  # fmt: skip
        self.consumer = Consumer(processor=self.processor, connect=self._connect, settings=FAST)
        self.replayer = Replayer(
            group=sample.group, handlers=self.handlers, transactions=self.transactions, inbox=self.inbox
        )

    def _connect(self) -> FakeSource:
        self.sources.append(FakeSource(self.broker, group=self.sample.group, topics=self.handlers.topics))
        return self.sources[-1]

    async def handle(self, event: Any, envelope: object, tx: FakeTransaction) -> None:
        place = event.sample_id, event.version
        self.attempts[place] += 1
        self.effects[event.sample_id].append(event.version)
        tx.on_rollback(lambda: self.effects[event.sample_id].remove(event.version))
        if place in self.trouble:
            raise self.trouble[place]

    async def handle_batch(self, deliveries: Sequence[Delivery], tx: FakeTransaction) -> None:
        for event, envelope in deliveries:
            await self.handle(event, envelope, tx)

    def publish(self, subject: UUID, version: int, **changes: bytes | None) -> Record:
        sent = outgoing(
            Unsent(1, outbox_row(self.sample.event(subject, version)), datetime.now(UTC)), b"/services/sample"
        )
        number = subject.int % 2
        headers = {**dict(sent.headers), **{name: value for name, value in changes.items() if name != "value"}}
        kept = tuple((name, value) for name, value in headers.items() if value is not None)
        record = Record(sent.topic, number, 0, sent.key, changes.get("value", sent.value), kept)
        self.broker.put(record)
        return record

    def is_settled(self) -> bool:
        group = self.sample.group
        return all(
            self.broker.committed.get((group, partition), 0) == len(log) for partition, log in self.broker.logs.items()
        )


def subject_of(partition: int) -> UUID:
    return next(each for each in iter(uuid4, None) if each.int % 2 == partition)


@pytest.fixture
def world(sample: Any) -> World:
    world = World(sample)
    world.handlers.effect(sample.event_class, world.handle)
    return world


async def test_each_event_takes_effect_once_in_order(world: World, running: Any, eventually: Any) -> None:
    subjects = [uuid4() for _ in range(5)]
    for version in range(1, 21):
        for subject in subjects:
            record = world.publish(subject, version)
            world.broker.put(record)
    async with running(world.consumer.run):
        await eventually(world.is_settled)
    assert world.effects == {subject: list(range(1, 21)) for subject in subjects}


async def test_without_inbox_a_repeat_has_a_second_effect(sample: Any, running: Any, eventually: Any) -> None:
    world = World(sample, notes_effects=False)
    world.handlers.effect(sample.event_class, world.handle)
    subject = uuid4()
    world.broker.put(world.publish(subject, 1))
    async with running(world.consumer.run):
        await eventually(world.is_settled)
    assert world.effects[subject] == [1, 1]


async def test_an_effect_is_never_skipped_by_its_version(world: World, running: Any, eventually: Any) -> None:
    subject = uuid4()
    for version in (2, 1):
        world.publish(subject, version)
    async with running(world.consumer.run):
        await eventually(world.is_settled)
    assert world.effects[subject] == [2, 1]


async def test_try_again_later_stops_one_partition_alone(world: World, running: Any, eventually: Any) -> None:
    waiting, flowing = subject_of(0), subject_of(1)
    world.trouble[waiting, 1] = TryAgainLater("the bank is away")
    for version in range(1, 31):
        world.publish(waiting, version)
        world.publish(flowing, version)
    async with running(world.consumer.run):
        await eventually(lambda: world.effects[flowing] == list(range(1, 31)))
        await eventually(lambda: world.attempts[waiting, 1] > FAST.retry.tries + 2)
        assert world.effects[waiting] == []
        await eventually(lambda: world.consumer.status().waiting == {Partition(world.sample.topic.name, 0)})
        world.trouble.clear()
        await eventually(world.is_settled)
    assert world.effects[waiting] == list(range(1, 31))
    assert world.inbox.dead_letters == []


@pytest.mark.parametrize(("error", "tries"), [(PoisonEvent("no"), 1), (ValueError("no"), 3)])
async def test_poison_parks_its_subject_and_a_replay_equals_a_run_without(
    world: World, running: Any, eventually: Any, error: Exception, tries: int
) -> None:
    bad, good = subject_of(0), subject_of(0)
    world.trouble[bad, 2] = error
    for version in range(1, 11):
        world.publish(bad, version)
        world.publish(good, version)
    async with running(world.consumer.run):
        await eventually(world.is_settled)
        assert world.effects[good] == list(range(1, 11))
        assert world.effects[bad] == [1]
        assert world.attempts[bad, 2] == tries
        (letter,) = world.inbox.dead_letters
        assert (letter.failure.error_type, letter.failure.attempts) == (type(error).__name__, tries)
        still_bad = await world.replayer.replay()
        assert still_bad.applied == 0
        assert list(still_bad.still_blocked) == [f"{world.sample.topic.name}/{bad}"]
        world.trouble.clear()
        assert (await world.replayer.replay(subject=str(good))).applied == 0
        assert (await world.replayer.replay(subject=str(bad))).applied == 9
        world.publish(bad, 11)
        await eventually(lambda: world.effects[bad] == list(range(1, 12)))
    assert (await world.replayer.replay()).applied == 0


async def test_a_dead_letter_is_published_with_its_origin_and_cause(
    world: World, running: Any, eventually: Any
) -> None:
    subject = subject_of(1)
    world.trouble[subject, 1] = PoisonEvent("no such spot")
    record = world.publish(subject, 1)
    async with running(world.consumer.run):
        await eventually(world.is_settled)
    (unsent,) = world.outbox.unsent.values()
    assert unsent.row.aggregatetype == f"{world.sample.group}.dlq"
    assert unsent.row.payload == record.value
    headers = dict(outgoing(unsent, b"/services/other").headers)
    assert headers["ce_id"] == dict(record.headers)["ce_id"]
    assert headers["ce_source"] == b"/services/sample"
    assert {name: value for name, value in headers.items() if name.startswith("dlq_")} == {
        "dlq_group": world.sample.group.encode(), "dlq_topic": world.sample.topic.name.encode(),
        "dlq_partition": b"1", "dlq_offset": b"0", "dlq_error_type": b"PoisonEvent", "dlq_error": b"no such spot",
        "dlq_attempts": b"1",
    }  # fmt: skip


async def test_a_parked_event_that_fails_in_the_replay_becomes_the_dead_letter(
    world: World, running: Any, eventually: Any
) -> None:
    subject = uuid4()
    world.trouble = {(subject, 1): PoisonEvent("first"), (subject, 3): PoisonEvent("third")}
    for version in range(1, 6):
        world.publish(subject, version)
    async with running(world.consumer.run):
        await eventually(world.is_settled)
    del world.trouble[subject, 1]
    assert (await world.replayer.replay()).applied == 2
    assert [letter.failure.error for letter in world.inbox.dead_letters] == ["first", "third"]
    world.trouble.clear()
    assert (await world.replayer.replay()).still_blocked == {}
    assert world.effects[subject] == [1, 2, 3, 4, 5]


async def test_an_operator_can_give_up_a_dead_letter(world: World, running: Any, eventually: Any) -> None:
    subject = uuid4()
    world.trouble[subject, 1] = PoisonEvent("beyond mending")
    for version in (1, 2):
        world.publish(subject, version)
    async with running(world.consumer.run):
        await eventually(world.is_settled)
    report = await world.replayer.replay(discard=True)
    assert (report.applied, report.discarded, report.still_blocked) == (1, 1, {})
    assert world.effects[subject] == [2]


@pytest.mark.parametrize(
    "changes", [{"value": b"{"}, {"value": None}, {"ce_id": None}, {"ce_type": None}, {"ce_subject": b"a\x00\xff"}]
)
async def test_what_cannot_be_read_dies_at_once_and_the_rest_goes_on(
    world: World, running: Any, eventually: Any, changes: dict[str, bytes | None]
) -> None:
    subject = subject_of(0)
    world.publish(subject_of(0), 1, **changes)
    world.publish(subject, 1)
    async with running(world.consumer.run):
        await eventually(world.is_settled)
    assert world.effects[subject] == [1]
    (letter,) = world.inbox.dead_letters
    assert letter.failure.error_type == "PoisonEvent"


async def test_unknown_types_are_left_alone(world: World, running: Any, eventually: Any) -> None:
    world.publish(uuid4(), 1, ce_type=b"parking.sample.invented_tomorrow.v1")
    async with running(world.consumer.run):
        await eventually(world.is_settled)
    assert (world.effects, world.inbox.dead_letters) == ({}, [])


async def test_past_the_limit_of_dead_letters_it_gives_up_and_loses_nothing(sample: Any, eventually: Any) -> None:
    world = World(sample, limit=3)
    world.handlers.effect(sample.event_class, world.handle)
    subjects = [subject_of(0) for _ in range(6)]
    for subject in subjects:
        world.trouble[subject, 1] = PoisonEvent("a bad release")
        world.publish(subject, 1)
    with pytest.raises(TooManyDeadLetters):
        await world.consumer.run(asyncio.Event())
    assert world.consumer.status().has_given_up
    assert not world.consumer.status().is_ready
    assert len(world.inbox.dead_letters) == 3
    assert world.broker.committed[sample.group, Partition(sample.topic.name, 0)] == 3


async def test_a_failed_commit_is_tried_again(world: World, running: Any, eventually: Any) -> None:
    subject = uuid4()
    world.transactions.fail_next_commit = ConnectionResetError("the database went away")
    world.publish(subject, 1)
    async with running(world.consumer.run):
        await eventually(world.is_settled)
    assert world.effects[subject] == [1]
    assert world.attempts[subject, 1] == 2


async def test_a_dead_letter_that_cannot_be_kept_stops_the_partition(
    world: World, running: Any, eventually: Any
) -> None:
    subject = uuid4()
    world.trouble[subject, 1] = PoisonEvent("no")
    original = world.inbox.bury

    async def refuse(*arguments: Any) -> bool:
        raise ValueError("no room for the dead")

    world.inbox.bury = refuse  # type: ignore[method-assign]
    world.publish(subject, 1)
    world.publish(subject, 2)
    async with running(world.consumer.run):
        await eventually(lambda: world.consumer.status().waiting)
        assert not world.is_settled()
        world.inbox.bury = original
        await eventually(world.is_settled)
    assert len(world.inbox.dead_letters) == 1


async def test_a_rebalance_finishes_the_event_at_hand_and_repeats_nothing(
    world: World, running: Any, eventually: Any
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


async def test_stopping_finishes_the_event_at_hand_and_commits(world: World, running: Any, eventually: Any) -> None:
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


async def test_a_hanging_handler_is_cut_off_and_its_event_comes_again(world: World, eventually: Any) -> None:
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


async def test_a_broker_that_is_down_is_waited_for(world: World, running: Any, eventually: Any) -> None:
    world.broker.is_down = True
    subject = uuid4()
    world.publish(subject, 1)
    async with running(world.consumer.run):
        await eventually(lambda: len(world.sources) >= 3)
        world.broker.is_down = False
        await eventually(world.is_settled)
    assert world.effects[subject] == [1]


async def test_a_batch_that_fails_is_settled_one_by_one(sample: Any, running: Any, eventually: Any) -> None:
    world = World(sample)
    sizes: list[int] = []

    async def handle(deliveries: Sequence[Delivery], tx: FakeTransaction) -> None:
        sizes.append(len(deliveries))
        await world.handle_batch(deliveries, tx)

    world.handlers.effect_batch(sample.event_class, handle, batch_size=10)
    bad, good = subject_of(0), subject_of(0)
    world.trouble[bad, 3] = PoisonEvent("no")
    for version in range(1, 16):
        world.publish(bad, version)
        world.publish(good, version)
        world.broker.put(world.publish(good, 100 + version))
    async with running(world.consumer.run):
        await eventually(world.is_settled)
    assert 5 < max(sizes) <= 10
    assert world.effects[bad] == [1, 2]
    expected = [version for low in range(1, 16) for version in (low, 100 + low)]
    assert world.effects[good] == expected
    world.trouble.clear()
    await world.replayer.replay()
    assert world.effects[bad] == list(range(1, 16))


async def test_a_state_copy_is_called_for_every_delivery(sample: Any, running: Any, eventually: Any) -> None:
    world = World(sample)
    world.handlers.state_copy(sample.event_class, world.handle)
    subject = uuid4()
    world.broker.put(world.publish(subject, 1))
    async with running(world.consumer.run):
        await eventually(world.is_settled)
    assert world.effects[subject] == [1, 1]
    assert world.inbox._state.noted == {}


async def test_the_lag_falls_to_zero(world: World, running: Any, eventually: Any) -> None:
    for version in range(1, 30):
        world.publish(uuid4(), version)
    async with running(world.consumer.run):
        await eventually(world.is_settled)
        lag = world.consumer.status().lag
        assert lag
        assert set(lag.values()) == {0}
