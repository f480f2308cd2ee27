from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from parking_messaging import DeadLetterLimit, Delivery, Handlers, Processor, Replayer, RetryPolicy
from parking_messaging.backoff import Backoff
from parking_messaging.cloud_events import outgoing
from parking_messaging.consumer import Consumer, ConsumerSettings
from parking_messaging.fakes import FakeBroker, FakeInbox, FakeOutbox, FakeSource, FakeTransaction, FakeTransactions
from parking_messaging.outbox_rows import outbox_row
from parking_messaging.records import Record, Unsent

FAST = ConsumerSettings(
    retry=RetryPolicy(tries=3, between_tries=Backoff(0.001, 0.001), while_away=Backoff(0.005, 0.01)),
    poll_timeout=0.02, commit_interval=0.01, drain_timeout=1.0, reconnect=Backoff(0.01, 0.01), lane_high=20, lane_low=5,
    lag_interval=0.02,
)  # fmt: skip


class World:
    """A broker with a topic of two partitions, and a consumer that writes down what took effect."""

    def __init__(
        self, sample: Any, *, limit: int = 500, notes_effects: bool = True, share_a_lane: bool = False
    ) -> None:
        self.sample = sample
        self.broker = FakeBroker({sample.topic.name: 2})
        self.outbox = FakeOutbox()
        self.inbox = FakeInbox(self.outbox)
        self.transactions = FakeTransactions()
        self.handlers: Handlers[FakeTransaction] = Handlers(share_a_lane=share_a_lane)
        self.effects: dict[UUID, list[int]] = defaultdict(list)
        self.trouble: dict[tuple[UUID, int], Exception] = {}
        self.attempts: dict[tuple[UUID, int], int] = defaultdict(int)
        self.batches: list[Sequence[Delivery]] = []
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
        self.batches.append(deliveries)
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


@pytest.fixture
def subject_of() -> Callable[[int], UUID]:
    """A new subject whose events go to the given partition."""
    return lambda partition: next(each for each in iter(uuid4, None) if each.int % 2 == partition)


@pytest.fixture(params=[False, True], ids=["a lane each", "one lane"])
def new_world(sample: Any, request: pytest.FixtureRequest) -> Callable[..., World]:
    """A world whose handlers are still to be named, whose partitions have a lane each or share one."""

    def new(**changes: Any) -> World:
        return World(sample, **{"share_a_lane": request.param, **changes})

    return new


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    """A world with an effect for the sample event."""
    world = new_world()
    world.handlers.effect(world.sample.event_class, world.handle)
    return world
