"""One event can be followed in the logs: what it is about, what became of it, how long it took, in which trace."""

import json
import logging
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from parking_messaging import PoisonEvent, TryAgainLater
from parking_messaging.outbox_rows import outbox_row
from parking_messaging.processing_log import log_published, log_recorded
from parking_messaging.records import OutboxRow, Publication, Record, Unsent
from parking_platform.testing.logs import WrittenLogs, written_logs

TRACE = "0af7651916cd43dd8448eb211c80319c"
SENDER = "b7ad6b7169203331"


def traced(flags: str = "00") -> dict[str, bytes]:
    """The header of an event that another service sent."""
    return {"traceparent": f"00-{TRACE}-{SENDER}-{flags}".encode()}


def about(record: Record) -> dict[str, Any]:
    """What each line about a record names."""
    headers = dict(record.headers)
    return {
        "service": "sample",
        "topic": record.topic,
        "partition": record.partition,
        "event_id": headers["ce_id"].decode(),
        "event_type": headers["ce_type"].decode(),
        "sample_id": headers["ce_subject"].decode(),
    }


def has(line: dict[str, Any], **context: Any) -> bool:
    return line["context"].items() >= context.items()


@pytest.mark.parametrize("flags", ["00", "01"])
@pytest.mark.usefixtures("exported")
async def test_each_event_has_a_line_whether_or_not_its_trace_is_sampled(
    world: Any, running: Any, eventually: Any, logs: WrittenLogs, flags: str
) -> None:
    booking = uuid4()
    value = world.sample.event(uuid4(), 1, reservation_id=booking).to_json()
    record = world.publish(UUID(json.loads(value)["sample_id"]), 1, value=value, **traced(flags))
    async with running(world.consumer.run):
        await eventually(world.is_settled)
    (line,) = logs.lines("event processed")
    assert (line["level"], line["trace_id"]) == ("info", TRACE)
    assert line["span_id"] not in {None, SENDER}, "the consumer's own"
    assert isinstance(line["context"].pop("duration_ms"), float)
    assert line["context"] == {
        **about(record),
        "group": world.sample.group,
        "offset": 0,
        "reservation_id": str(booking),
        "outcome": "applied",
        "batch": 1,
    }


@pytest.mark.usefixtures("exported")
async def test_a_repeat_and_what_is_applied_together_have_lines_of_their_own(
    new_world: Any, running: Any, eventually: Any, logs: WrittenLogs
) -> None:
    world = new_world(share_a_lane=True)
    world.handlers.effect_batch(world.sample.event_class, world.handle_batch, batch_size=10)
    first = world.publish(uuid4(), 1, **traced())
    world.broker.put(first)
    other = world.publish(uuid4(), 1)
    async with running(world.consumer.run):
        await eventually(world.is_settled)
    lines = logs.lines("event processed")
    seen = sorted((line["context"]["event_id"], line["context"]["outcome"]) for line in lines)
    ids = [dict(record.headers)["ce_id"].decode() for record in (first, other)]
    assert seen == sorted([(ids[0], "applied"), (ids[0], "duplicate"), (ids[1], "applied")])
    assert {line["trace_id"] for line in lines if line["context"]["event_id"] == ids[0]} == {TRACE}
    assert {line["trace_id"] for line in lines if line["context"]["event_id"] == ids[1]}.isdisjoint({TRACE, None})


@pytest.mark.usefixtures("exported")
async def test_an_event_that_fails_is_followed_to_its_end(
    world: Any, running: Any, eventually: Any, logs: WrittenLogs
) -> None:
    bad = uuid4()
    world.trouble[bad, 1] = ValueError("dora@example.com is no number")
    record, behind = world.publish(bad, 1, **traced()), world.publish(bad, 2, **traced())
    async with running(world.consumer.run):
        await eventually(world.is_settled)
    lines = [line for line in logs.lines() if has(line, **about(record))]
    logged = [(line["level"], line["message"], line["context"]["outcome"]) for line in lines]
    assert logged == [
        ("warning", "an event failed and is tried again", "retried"),
        ("warning", "an event failed and is tried again", "retried"),
        ("warning", "an event cannot be applied", "failed"),
        ("error", "event could not be applied", "dead"),
    ]
    assert {line["trace_id"] for line in lines} == {TRACE}
    assert all(has(line, error_type="ValueError", group=world.sample.group) for line in lines)
    assert "dora" not in logs.text()
    (parked,) = (line for line in logs.lines() if has(line, **about(behind)))
    assert (parked["message"], parked["context"]["outcome"]) == ("event processed", "parked")


async def test_a_lane_that_waits_says_for_what(world: Any, running: Any, eventually: Any, logs: WrittenLogs) -> None:
    subject = uuid4()
    world.trouble[subject, 1] = TryAgainLater("the bank is away")
    record = world.publish(subject, 1, **traced())
    async with running(world.consumer.run):
        await eventually(lambda: world.attempts[subject, 1] > 1)
        world.trouble.clear()
        await eventually(world.is_settled)
    line = logs.lines("a dependency is away; the lane waits")[0]
    assert has(line, **about(record), outcome="waits", error_type="TryAgainLater")
    assert (line["trace_id"], line["span_id"]) == (TRACE, SENDER)


async def test_of_a_record_that_is_no_event_of_ours_only_its_place_is_logged(
    world: Any, running: Any, eventually: Any, logs: WrittenLogs
) -> None:
    world.publish(uuid4(), 1, ce_subject=b"dora@example.com\x00", ce_type=b"dora@example.com")
    world.publish(uuid4(), 1, ce_subject=b"dora@example.com\x00")
    async with running(world.consumer.run):
        await eventually(world.is_settled)
    (line,) = logs.lines("event could not be applied")
    assert has(line, topic=world.sample.topic.name, outcome="dead", error_type="PoisonEvent")
    assert "dora" not in logs.text()


async def test_a_replay_is_followed_too(world: Any, running: Any, eventually: Any, logs: WrittenLogs) -> None:
    subject = uuid4()
    world.trouble[subject, 1] = PoisonEvent("no")
    record = world.publish(subject, 1, **traced())
    async with running(world.consumer.run):
        await eventually(world.is_settled)
    await world.replayer.replay()
    world.trouble.clear()
    await world.replayer.replay()
    outcomes = [line["context"]["outcome"] for line in logs.lines() if has(line, **about(record))]
    assert outcomes == ["failed", "dead", "dead", "replayed"]


def test_what_is_written_to_the_outbox_has_a_line(sample: Any, logs: WrittenLogs) -> None:
    event = sample.event(reservation_id=uuid4())
    row = outbox_row(event)
    log_recorded([event], [row])
    (line,) = logs.lines("event recorded")
    assert line["context"] == {
        "service": "sample",
        "topic": sample.topic.name,
        "event_id": str(row.id),
        "event_type": event.event_type,
        "sample_id": event.subject,
        "reservation_id": str(event.reservation_id),
        "version": 1,
        "outcome": "recorded",
    }


@pytest.fixture
def batch(sample: Any) -> list[Unsent]:
    headers = {name: value.decode() for name, value in traced().items()}
    rows: list[OutboxRow] = [outbox_row(sample.event())._replace(headers=headers) for _ in range(3)]
    return [Unsent(seq, row, datetime.now(UTC)) for seq, row in enumerate(rows)]


def test_a_batch_that_kafka_took_has_one_line(sample: Any, batch: list[Unsent], logs: WrittenLogs) -> None:
    log_published(batch, Publication([0, 1], {2: "too large"}), 0.5)
    (line,) = logs.lines()
    assert line["context"] == {
        "service": "sample",
        "topics": {sample.topic.name: 2},
        "published": 2,
        "refused": 1,
        "outcome": "published",
        "duration_ms": 500.0,
    }
    log_published(batch, Publication(), 0.5)
    assert len(logs.lines()) == 1, "nothing was published"


def test_at_debug_each_event_of_a_batch_has_a_line_in_its_trace(sample: Any, batch: list[Unsent]) -> None:
    with written_logs("sample", logging.getLevelName(logging.DEBUG)) as logs:
        log_published(batch, Publication([0, 1]), 0.5)
    lines = logs.lines("event published")
    assert [line["context"]["event_id"] for line in lines] == [str(each.row.id) for each in batch[:2]]
    assert [line["context"]["sample_id"] for line in lines] == [each.row.aggregateid for each in batch[:2]]
    assert {line["trace_id"] for line in lines} == {TRACE}
