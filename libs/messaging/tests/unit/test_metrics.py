"""What is shown when something is wrong, which is when the figures are needed."""

from typing import Any

import pytest
from prometheus_client import REGISTRY

from parking_events import TOPICS
from parking_messaging import Consumer, Handlers, Processor, TryAgainLater, metrics
from parking_messaging.fakes import FakeBacklog, FakeBroker, FakeOutbox, FakePublisher
from parking_messaging.ports import BacklogState
from parking_messaging.processor import DeadLetterLimit
from parking_messaging.records import Partition
from parking_messaging.relay import Relay, RelaySettings

OUTBOX_FIGURES = ("outbox_unsent", "outbox_oldest_age_seconds", "outbox_held_subjects")


def lag_of(world: Any, number: int) -> float | None:
    sample = world.sample
    labels = {"group": sample.group, "topic": sample.topic.name, "partition": str(number)}
    return REGISTRY.get_sample_value("consumer_lag", labels)


def assigned(world: Any) -> float | None:
    return REGISTRY.get_sample_value("consumer_assigned_partitions", {"group": world.sample.group})


@pytest.mark.parametrize("new_world", [False], indirect=True, ids=["a lane each"])
async def test_a_consumer_that_starts_while_a_dependency_is_away_shows_its_lag(
    world: Any, running: Any, eventually: Any, subject_of: Any
) -> None:
    """Nothing was settled since the start, and nothing will be."""
    waiting = subject_of(0)
    for version in range(1, 11):
        world.publish(waiting, version)
        world.trouble[waiting, version] = TryAgainLater("the bank is away")
    async with running(world.consumer.run):
        await eventually(lambda: lag_of(world, 0) == 10)
        assert lag_of(world, 1) == 0, "nothing was ever written there"
        assert assigned(world) == 2
        world.trouble.clear()
        await eventually(lambda: lag_of(world, 0) == 0)


@pytest.mark.parametrize("new_world", [False], indirect=True, ids=["a lane each"])
async def test_the_lag_grows_on_while_a_full_lane_waits(
    world: Any, running: Any, eventually: Any, subject_of: Any
) -> None:
    """A partition that takes no more records is not fetched: its end has to be asked for."""
    waiting = subject_of(0)
    world.trouble[waiting, 1] = TryAgainLater("the bank is away")
    for version in range(1, 31):
        world.publish(waiting, version)
    async with running(world.consumer.run):
        await eventually(lambda: lag_of(world, 0) == 30)
        for version in range(31, 101):
            world.publish(waiting, version)
        await eventually(lambda: lag_of(world, 0) == 100)


async def test_a_partition_that_went_to_another_has_no_figure_here(
    world: Any, running: Any, eventually: Any, subject_of: Any
) -> None:
    world.publish(subject_of(0), 1)
    world.publish(subject_of(1), 1)
    async with running(world.consumer.run):
        await eventually(lambda: (lag_of(world, 0), lag_of(world, 1)) == (0, 0))
        await world.consumer.revoked([Partition(world.sample.topic.name, 0)])
        assert (lag_of(world, 0), lag_of(world, 1)) == (None, 0)
        assert assigned(world) == 1
    assert (lag_of(world, 1), assigned(world)) == (None, 0)


async def test_a_consumer_that_lost_kafka_shows_no_old_figure(
    world: Any, running: Any, eventually: Any, subject_of: Any
) -> None:
    world.publish(subject_of(0), 1)
    async with running(world.consumer.run):
        await eventually(lambda: lag_of(world, 0) == 0)
        world.broker.is_down = True
        await eventually(lambda: lag_of(world, 0) is None)
        assert assigned(world) == 0
        world.broker.is_down = False
        await eventually(lambda: lag_of(world, 0) == 0)


async def test_a_consumer_that_never_reached_kafka_shows_that_it_has_no_partition(
    world: Any, running: Any, eventually: Any
) -> None:
    world.broker.is_down = True
    async with running(world.consumer.run):
        await eventually(lambda: len(world.sources) >= 3)
        assert assigned(world) == 0


def test_counters_are_there_before_anything_happened(world: Any) -> None:
    sample = world.sample
    handlers: Handlers[Any] = Handlers()
    handlers.effect(sample.event_class, world.handle)
    processor = Processor(
        group=sample.group, handlers=handlers, transactions=world.transactions, inbox=world.inbox,
        limit=DeadLetterLimit(),
    )  # fmt: skip
    Consumer(processor=processor, connect=world._connect)
    for event_type in (sample.event_class.event_type, "other"):
        of_type = {"group": sample.group, "type": event_type}
        assert REGISTRY.get_sample_value("dead_letters_total", of_type) == 0
        for outcome in ("applied", "duplicate", "ignored", "parked", "dead"):
            assert REGISTRY.get_sample_value("events_consumed_total", {**of_type, "outcome": outcome}) == 0
    for name in ("events_published_total", "events_refused_total"):
        assert REGISTRY.get_sample_value(name, {"topic": f"{sample.group}.dlq"}) == 0


def relay_of(service: str, outbox: FakeOutbox, backlogs: list[FakeBacklog]) -> Relay:
    async def connect() -> FakeBacklog:
        backlogs.append(FakeBacklog(outbox))
        return backlogs[-1]

    settings = RelaySettings(service, standby_poll=0.01)
    return Relay(settings=settings, connect=connect, publisher=FakePublisher(FakeBroker({})))


def test_a_relay_counts_for_each_topic_of_its_service_from_the_start() -> None:
    # The counters are the process's, in which other tests may have published before.
    metrics.EVENTS_PUBLISHED.clear()
    metrics.EVENTS_REFUSED.clear()
    relay_of("payment", FakeOutbox(), [])
    owned = [topic.name for topic in TOPICS.values() if topic.owner == "payment"]
    assert owned
    for topic in owned:
        for name in ("events_published_total", "events_refused_total"):
            assert REGISTRY.get_sample_value(name, {"topic": topic}) == 0


async def test_only_the_active_relay_shows_what_waits(running: Any, eventually: Any) -> None:
    """A stand-by knows nothing of it, and what it knew when it was active is old."""
    outbox, backlogs = FakeOutbox(), list[FakeBacklog]()
    metrics.OUTBOX.show(BacklogState(unsent=7, oldest_age=700.0))
    other = FakeBacklog(outbox)
    assert await other.acquire()
    async with running(relay_of("sample", outbox, backlogs).run):
        await eventually(lambda: backlogs)
        await other.close()
        await eventually(lambda: REGISTRY.get_sample_value("outbox_unsent") == 0)
        assert REGISTRY.get_sample_value("outbox_held_subjects") == 0
        metrics.OUTBOX.show(BacklogState(unsent=7, oldest_age=700.0))
        backlogs[0].lose()
        assert await other.acquire()
        await eventually(lambda: len(backlogs) == 2)
        assert [REGISTRY.get_sample_value(name) for name in OUTBOX_FIGURES] == [None] * 3
        await other.close()
        await eventually(lambda: REGISTRY.get_sample_value("outbox_unsent") == 0)


def test_a_process_without_a_relay_shows_nothing_of_its_own() -> None:
    metrics.OUTBOX.clear()
    assert [REGISTRY.get_sample_value(name) for name in OUTBOX_FIGURES] == [None] * 3
    metrics.OUTBOX.show(BacklogState(unsent=3, oldest_age=1.5))
    assert [REGISTRY.get_sample_value(name) for name in OUTBOX_FIGURES] == [3, 1.5, None]
