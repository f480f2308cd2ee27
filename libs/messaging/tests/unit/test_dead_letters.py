"""A bad event stops its subject and nothing else, on fakes."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from parking_messaging import PoisonEvent
from parking_messaging.cloud_events import outgoing
from parking_messaging.failures import TooManyDeadLetters
from parking_messaging.records import Partition


@pytest.mark.parametrize(("error", "tries"), [(PoisonEvent("no"), 1), (ValueError("no"), 3)])
async def test_poison_parks_its_subject_and_a_replay_equals_a_run_without(
    world: Any, running: Any, eventually: Any, error: Exception, tries: int, subject_of: Any
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
    world: Any, running: Any, eventually: Any, subject_of: Any
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
    world: Any, running: Any, eventually: Any
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


async def test_an_operator_can_give_up_a_dead_letter(world: Any, running: Any, eventually: Any) -> None:
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
    world: Any, running: Any, eventually: Any, changes: dict[str, bytes | None], subject_of: Any
) -> None:
    subject = subject_of(0)
    world.publish(subject_of(0), 1, **changes)
    world.publish(subject, 1)
    async with running(world.consumer.run):
        await eventually(world.is_settled)
    assert world.effects[subject] == [1]
    (letter,) = world.inbox.dead_letters
    assert letter.failure.error_type == "PoisonEvent"


async def test_past_the_limit_of_dead_letters_it_gives_up_and_loses_nothing(
    new_world: Any, eventually: Any, subject_of: Any
) -> None:
    world = new_world(limit=3)
    world.handlers.effect(world.sample.event_class, world.handle)
    subjects = [subject_of(0) for _ in range(6)]
    for subject in subjects:
        world.trouble[subject, 1] = PoisonEvent("a bad release")
        world.publish(subject, 1)
    with pytest.raises(TooManyDeadLetters):
        await world.consumer.run(asyncio.Event())
    assert world.consumer.status().has_given_up
    assert not world.consumer.status().is_ready
    assert len(world.inbox.dead_letters) == 3
    assert world.broker.committed[world.sample.group, Partition(world.sample.topic.name, 0)] == 3


async def test_a_dead_letter_that_cannot_be_kept_stops_the_partition(world: Any, running: Any, eventually: Any) -> None:
    subject = uuid4()
    world.trouble[subject, 1] = PoisonEvent("no")
    original = world.inbox.bury

    async def refuse(*arguments: Any) -> bool:
        raise ValueError("no room for the dead")

    world.inbox.bury = refuse
    world.publish(subject, 1)
    world.publish(subject, 2)
    async with running(world.consumer.run):
        await eventually(lambda: world.consumer.status().waiting)
        assert not world.is_settled()
        world.inbox.bury = original
        await eventually(world.is_settled)
    assert len(world.inbox.dead_letters) == 1
