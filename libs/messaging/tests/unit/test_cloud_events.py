"""Our records are CloudEvents in the eyes of the SDK, and what is none is recognized."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary, to_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from parking_messaging.cloud_events import Envelope, envelope_of, event_of, outgoing, salvaged_envelope
from parking_messaging.failures import PoisonEvent
from parking_messaging.outbox_rows import outbox_row, outbox_values
from parking_messaging.records import Record, Unsent

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)


def record_of(sample: Any, **changes: bytes | None) -> Record:
    sent = outgoing(Unsent(1, outbox_row(sample.event()), NOW), b"/services/sample")
    headers = {**dict(sent.headers), **changes}
    kept = tuple((name, value) for name, value in headers.items() if value is not None)
    return Record(sent.topic, 0, 7, sent.key, sent.value, kept)


def test_the_record_is_what_the_sdk_makes_of_the_same_event(sample: Any) -> None:
    event = sample.event()
    row = outbox_row(event)
    sent = outgoing(Unsent(1, row, NOW), b"/services/sample")
    message = KafkaMessage(dict(sent.headers), sent.key, sent.value)
    read = from_binary(message, JSONFormat(), CloudEvent)
    assert (read.get_id(), read.get_type(), read.get_subject()) == (str(row.id), row.type, str(event.sample_id))
    assert (read.get_source(), read.get_time()) == ("/services/sample", NOW)
    assert read.get_dataschema() == f"urn:parking:events:{row.type}"
    again = to_binary(read, JSONFormat())
    assert dict(again.headers) == message.headers
    assert again.key == event.partition_key
    assert sample.event_class.from_json(again.value) == event


def test_the_columns_are_those_of_the_row(sample: Any) -> None:
    event, event_id = sample.event(version=3), uuid4()
    values = outbox_values(event, event_id)
    assert values.pop("payload") == event.to_json()
    assert values == {
        "id": event_id, "aggregatetype": sample.topic.name, "aggregateid": event.subject, "version": 3,
        "partition_key": event.partition_key, "type": event.event_type, "headers": "{}",
    }  # fmt: skip


def test_ids_are_uuid7_and_rise(sample: Any) -> None:
    ids = [outbox_row(sample.event()).id for _ in range(100)]
    assert {each.version for each in ids} == {7}
    assert ids == sorted(ids)


def test_a_record_becomes_envelope_and_event(sample: Any) -> None:
    record = record_of(sample)
    envelope = envelope_of(record)
    assert (envelope.topic, envelope.partition, envelope.offset, envelope.time) == (sample.topic.name, 0, 7, NOW)
    assert event_of(envelope, record.value).subject == envelope.subject.id


@pytest.mark.parametrize(
    "changes",
    [
        {"ce_id": None}, {"ce_id": b"no uuid"}, {"ce_type": None}, {"ce_source": None}, {"ce_subject": None},
        {"ce_time": None}, {"ce_time": b"yesterday"}, {"ce_specversion": b"9.9"}, {"ce_subject": b"\xff\xfe"},
        {"ce_subject": b"a\x00b"}, {"ce_subject": b""},
    ],
)  # fmt: skip
def test_what_is_no_cloud_event_is_poison_and_can_be_kept(sample: Any, changes: dict[str, bytes | None]) -> None:
    record = record_of(sample, **changes)
    with pytest.raises(PoisonEvent):
        envelope_of(record)
    salvaged = salvaged_envelope(record)
    assert salvaged == salvaged_envelope(record)
    assert isinstance(salvaged, Envelope)
    assert salvaged.subject.id


def test_a_bare_record_is_known_by_its_position() -> None:
    record = Record("a.b.v1", 2, 5, None, None)
    salvaged = salvaged_envelope(record)
    assert salvaged.subject.id == "a.b.v1/2/5"
    assert salvaged.event_id.version == 5
    assert salvaged_envelope(Record("a.b.v1", 2, 6, b"a\x00key", None)).subject.id == "a\ufffdkey"


def test_a_value_that_breaks_its_schema_is_poison_and_its_words_are_not_repeated(sample: Any) -> None:
    record = record_of(sample)
    with pytest.raises(PoisonEvent, match="json_invalid"):
        event_of(envelope_of(record), b"{")
    with pytest.raises(PoisonEvent) as caught:
        event_of(envelope_of(record), b'{"sample_id": "0197f1a0-0000-7000-8000-000000000001", "version": "secret"}')
    assert "version" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert UUID("0197f1a0-0000-7000-8000-000000000001")
