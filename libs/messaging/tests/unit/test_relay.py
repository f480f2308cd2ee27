"""The relay's own decisions, on fakes."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from prometheus_client import REGISTRY

from parking_messaging import metrics
from parking_messaging.backoff import Backoff
from parking_messaging.cloud_events import envelope_of
from parking_messaging.failures import BacklogLost
from parking_messaging.fakes import (
    FakeBacklog,
    FakeBroker,
    FakeOutbox,
    FakePublisher,
    FakeRefusals,
    FakeTransactions,
)
from parking_messaging.records import Outgoing, Publication, Unsent
from parking_messaging.relay import Relay, RelaySettings

FAST = RelaySettings(
    "sample", batch_size=10, standby_poll=0.01, lock_check=0.02, drain_timeout=0.05,
    reconnect=Backoff(0.01, 0.01), refused_retry=Backoff(0.05, 0.05),
)  # fmt: skip


class World:
    def __init__(self, sample: Any) -> None:
        self.sample = sample
        self.outbox = FakeOutbox()
        self.broker = FakeBroker({sample.topic.name: 2})
        self.backlogs: list[FakeBacklog] = []
        self._transactions = FakeTransactions()

    def relay(self, publisher: Any = None, settings: RelaySettings = FAST, **more: Any) -> Relay:
        publisher = publisher or FakePublisher(self.broker)
        return Relay(settings=settings, connect=self._connect, publisher=publisher, **more)

    async def _connect(self) -> FakeBacklog:
        self.backlogs.append(FakeBacklog(self.outbox))
        return self.backlogs[-1]

    async def add(self, *events: Any) -> None:
        async with self._transactions() as tx:
            await self.outbox.add(tx, events)

    def published(self, subject: object = None) -> list[int]:
        records = self.broker.records(self.sample.topic.name)
        events = [self.sample.event_class.from_json(record.value or b"") for record in records]
        return [event.version for event in events if subject in {None, event.sample_id}]


@pytest.fixture
def world(sample: Any) -> World:
    return World(sample)


async def test_everything_leaves_in_order(world: World, running: Any, eventually: Any) -> None:
    subject = world.sample.event().sample_id
    await world.add(*(world.sample.event(subject, version) for version in range(1, 36)))
    relay = world.relay()
    async with running(relay.run):
        await eventually(lambda: not world.outbox.unsent)
    assert world.published() == list(range(1, 36))


async def test_a_refused_event_stops_its_subject_and_no_other(world: World, running: Any, eventually: Any) -> None:
    bad, good = world.sample.event().sample_id, world.sample.event().sample_id
    refused: list[str] = []

    def refuse_second(record: Outgoing) -> str | None:
        version = world.sample.event_class.from_json(record.value).version
        if record.subject.id == str(bad) and version == 2:
            refused.append(record.subject.id)
            return "too large"
        return None

    world.broker.refuses = refuse_second
    for version in range(1, 16):
        await world.add(world.sample.event(bad, version), world.sample.event(good, version))
    relay = world.relay()
    async with running(relay.run):
        await eventually(lambda: world.published(good) == list(range(1, 16)))
        await eventually(lambda: len(refused) >= 3)
        assert world.published(bad) == [1]
        assert relay.status().held_subjects == 1
        world.broker.refuses = lambda record: None
        await eventually(lambda: world.published(bad) == list(range(1, 16)))
        await eventually(lambda: relay.status().held_subjects == 0)


async def test_what_is_refused_is_noted_where_somebody_must_know(world: World, running: Any, eventually: Any) -> None:
    bad, good = world.sample.event(), world.sample.event()
    refusals = FakeRefusals()
    world.broker.refuses = lambda record: "too large" if record.subject.id == str(bad.sample_id) else None
    await world.add(good, bad, world.sample.event(bad.sample_id, 2))
    (refused,) = [
        seq for seq, row in world.outbox.unsent.items() if row.row.version == 1 and row.subject.id == bad.subject
    ]
    relay = world.relay(refusals=refusals)
    async with running(relay.run):
        await eventually(lambda: refusals.seqs)
        await eventually(lambda: len(world.outbox.unsent) == 2)
    assert refusals.seqs == {refused}


async def test_where_a_refusal_cannot_be_noted_the_relay_goes_on(world: World, running: Any, eventually: Any) -> None:
    class Away(FakeRefusals):
        async def note(self, seqs: Any) -> None:
            if len(world.backlogs) < 3:
                raise BacklogLost("away")
            await super().note(seqs)

    world.broker.refuses = lambda record: "too large"
    await world.add(world.sample.event())
    refusals = Away()
    relay = world.relay(refusals=refusals)
    async with running(relay.run):
        await eventually(lambda: refusals.seqs)
        world.broker.refuses = lambda record: None
        await eventually(lambda: not world.outbox.unsent)


class CountingPublisher(FakePublisher):
    """Counts the attempts."""

    attempts = 0

    async def publish(self, records: Any) -> Publication:
        self.attempts += 1
        return await super().publish(records)


async def test_while_the_broker_is_down_it_keeps_its_lock_and_reports_the_backlog(
    world: World, running: Any, eventually: Any
) -> None:
    """An outage is when the backlog's figures are needed, also by a relay that started during it."""
    metrics.OUTBOX.clear()
    world.broker.is_down = True
    await world.add(world.sample.event())
    publisher = CountingPublisher(world.broker)
    relay = world.relay(publisher)
    async with running(relay.run):
        await eventually(lambda: publisher.attempts >= 5)
        assert len(world.backlogs) == 1
        assert relay.status().is_active
        assert REGISTRY.get_sample_value("outbox_unsent") == 1
        assert len(world.outbox.unsent) == 1
        world.broker.is_down = False
        await eventually(lambda: not world.outbox.unsent)
    assert world.published() == [1]


async def test_a_second_relay_stands_by_and_takes_over(world: World, running: Any, eventually: Any) -> None:
    first, second = world.relay(), world.relay()
    async with running(second.run):
        async with running(first.run):
            await eventually(lambda: first.status().is_active or second.status().is_active)
            active, standing_by = (first, second) if first.status().is_active else (second, first)
            await eventually(lambda: standing_by.status().is_connected)
            assert not standing_by.status().is_active
            (holder,) = [each for each in world.backlogs if await each.acquire()]
            holder.lose()
            await eventually(lambda: standing_by.status().is_active or active.status().is_active)
        await eventually(lambda: second.status().is_active)
        await world.add(world.sample.event())
        await eventually(lambda: not world.outbox.unsent)


class StuckPublisher:
    """Kafka takes the records and never answers."""

    def __init__(self) -> None:
        self.is_cancelled = self.is_closed = False
        self.started = asyncio.Event()

    async def publish(self, records: Any) -> Publication:
        self.started.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.is_cancelled = True
            raise
        return Publication()

    async def close(self) -> None:
        self.is_closed = True


async def test_losing_the_lock_stops_a_publication_at_once(world: World, running: Any, eventually: Any) -> None:
    await world.add(world.sample.event())
    publisher = StuckPublisher()
    async with running(world.relay(publisher).run):
        await eventually(publisher.started.is_set)
        world.backlogs[0].lose()
        await eventually(lambda: publisher.is_cancelled and publisher.is_closed)
    assert len(world.outbox.unsent) == 1


async def test_it_stops_in_time_though_kafka_is_away(world: World, running: Any, eventually: Any) -> None:
    await world.add(world.sample.event())
    publisher = StuckPublisher()
    async with asyncio.timeout(2), running(world.relay(publisher).run):
        await eventually(publisher.started.is_set)
    assert publisher.is_cancelled
    assert len(world.outbox.unsent) == 1


class AskedBacklog(FakeBacklog):
    """Counts how often the lock is asked for."""

    checks = 0

    async def check(self) -> None:
        self.checks += 1
        await super().check()


@pytest.mark.parametrize("is_down", [False, True], ids=["nothing to do", "the broker is away"])
async def test_whatever_it_waits_for_it_asks_for_its_lock(
    world: World, running: Any, eventually: Any, is_down: bool
) -> None:
    """A session that asks nothing is ended by the database, as if its process stood still."""
    backlog = AskedBacklog(world.outbox)
    world.broker.is_down = is_down
    await world.add(world.sample.event())

    async def connect() -> FakeBacklog:
        return backlog

    patient = replace(FAST, busy_poll=60.0, idle_poll=60.0, reconnect=Backoff(60.0, 60.0))
    relay = Relay(settings=patient, connect=connect, publisher=FakePublisher(world.broker))
    async with running(relay.run):
        await eventually(lambda: backlog.checks >= 5)
        assert relay.status().is_active


class ThawingBacklog(FakeBacklog):
    """The process stood still when it had the batch in its hands, and another took the lock."""

    now = 0.0

    def __init__(self, world: World) -> None:
        super().__init__(world.outbox)
        self.other = FakeBacklog(world.outbox)

    async def unsent(self, limit: int, held: Any) -> list[Unsent]:
        batch = await super().unsent(limit, held)
        if batch and not self.now:
            self.now = 60.0
            self.lose()
            assert await self.other.acquire()
        return batch


async def test_a_relay_that_stood_still_asks_for_the_lock_before_it_publishes(
    world: World, running: Any, eventually: Any
) -> None:
    await world.add(world.sample.event())
    frozen = ThawingBacklog(world)
    publisher = CountingPublisher(world.broker)
    backlogs = [frozen, FakeBacklog(world.outbox)]

    async def connect() -> FakeBacklog:
        return backlogs.pop(0)

    relay = Relay(settings=FAST, connect=connect, publisher=publisher, clock=lambda: frozen.now)
    async with running(relay.run):
        await eventually(lambda: not backlogs)
        assert publisher.attempts == 0
        await frozen.other.close()
        await eventually(lambda: not world.outbox.unsent)
    assert publisher.attempts == 1


class SilentBacklog(FakeBacklog):
    """A database that takes the question and never answers."""

    asked = asyncio.Event()

    async def unsent(self, limit: int, held: Any) -> list[Unsent]:
        self.asked.set()
        await asyncio.Event().wait()
        return []


async def test_it_stops_in_time_though_the_database_is_silent(world: World, running: Any, eventually: Any) -> None:
    async def connect() -> SilentBacklog:
        return SilentBacklog(world.outbox)

    relay = Relay(settings=FAST, connect=connect, publisher=FakePublisher(world.broker))
    async with asyncio.timeout(2), running(relay.run):
        await eventually(SilentBacklog.asked.is_set)


async def test_waking_beats_polling(world: World, running: Any, eventually: Any) -> None:
    slow = RelaySettings("sample", busy_poll=30.0, idle_poll=30.0)
    relay = world.relay(settings=slow)
    async with running(relay.run):
        await eventually(lambda: relay.status().is_active)
        await world.add(world.sample.event())
        relay.wake()
        await eventually(lambda: not world.outbox.unsent, within=5)


async def test_the_service_is_the_source(world: World, running: Any, eventually: Any) -> None:
    await world.add(world.sample.event())
    async with running(world.relay().run):
        await eventually(lambda: not world.outbox.unsent)
    (record,) = world.broker.records(world.sample.topic.name)
    assert envelope_of(record).source == "/services/sample"
