"""CloudEvents 1.0 in binary mode: outbox rows to Kafka records, and Kafka records to envelopes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, cast
from uuid import NAMESPACE_URL, UUID, uuid5

from cloudevents.core.bindings.kafka import KafkaMessage, from_binary
from cloudevents.core.exceptions import BaseCloudEventException
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from pydantic import ValidationError

from parking_events import EVENT_CLASSES, WireEvent
from parking_events.base import SCHEMA_URN
from parking_messaging.failures import PoisonEvent
from parking_messaging.records import Outgoing, Record, Subject, Unsent

_SPECVERSION: Final = ("ce_specversion", b"1.0")
_CONTENT_TYPE: Final = ("content-type", b"application/json")


@dataclass(frozen=True, slots=True)
class Envelope:
    """What surrounds an event: which service published it, what it is about, and where it came from."""

    event_id: UUID
    event_type: str
    source: str
    subject: Subject
    time: datetime
    partition: int
    offset: int
    trace: Mapping[str, str]

    @property
    def topic(self) -> str:
        """The topic it came by."""
        return self.subject.topic


def outgoing(unsent: Unsent, source: bytes) -> Outgoing:
    """The record of an outbox row.

    Written out by hand: the SDK's `to_binary` makes the same headers (a test compares them) in three times the time.
    """
    row = unsent.row
    key = row.partition_key.encode()
    headers = [
        _SPECVERSION,
        ("ce_id", str(row.id).encode()),
        *_headers_of_type(row.type),
        ("ce_source", source),
        ("ce_subject", row.aggregateid.encode()),
        ("ce_time", unsent.created_at.isoformat().replace("+00:00", "Z").encode()),
        ("ce_partitionkey", key),
        _CONTENT_TYPE,
    ]
    own = [(name, value.encode()) for name, value in row.headers.items()]
    if "ce_id" in row.headers:
        # A dead letter keeps what its origin said.
        headers = list(dict([*headers, *own]).items())
    else:
        headers += own
    return Outgoing(unsent.seq, unsent.subject, row.aggregatetype, key, row.payload, headers)


@lru_cache(maxsize=1_024)
def _headers_of_type(event_type: str) -> tuple[tuple[str, bytes], ...]:
    return ("ce_type", event_type.encode()), ("ce_dataschema", (SCHEMA_URN + event_type).encode())


class _Undecoded(JSONFormat):
    """Leaves the data as it is: pydantic reads it once, into the event's own class."""

    def read_data(self, body: bytes, datacontenttype: str | None = None) -> bytes:  # noqa: ARG002 - the SDK's
        return body


_REQUIRED: Final = frozenset({"ce_specversion", "ce_id", "ce_type", "ce_source", "ce_subject", "ce_time"})
_FORMAT: Final = _Undecoded()


def envelope_of(record: Record) -> Envelope:
    """The envelope of a record. Raises PoisonEvent where it is no CloudEvent of ours."""
    headers = dict(record.headers)
    # The SDK invents an id, a time and a version where there are none: a repeat would pass for a new event.
    missing = _REQUIRED - headers.keys()
    if missing:
        raise PoisonEvent(f"the record has no {', '.join(sorted(missing))}")
    try:
        event = from_binary(KafkaMessage(headers, record.key, b""), _FORMAT, CloudEvent)
        event_id = UUID(event.get_id())
        subject = headers["ce_subject"].decode()
    except (BaseCloudEventException, ValueError) as error:
        raise PoisonEvent(f"the record is no CloudEvent: {error}") from error
    if not subject.isprintable():
        raise PoisonEvent("ce_subject holds what no text column takes")
    return Envelope(
        event_id=event_id,
        event_type=event.get_type(),
        source=event.get_source(),
        subject=Subject(record.topic, subject),
        time=cast("datetime", event.get_time()),
        partition=record.partition,
        offset=record.offset,
        trace=trace_of(record),
    )


def salvaged_envelope(record: Record) -> Envelope:
    """What is known of a record that `envelope_of` refused, so that it can be kept and found.

    Its subject is `ce_subject`, else the key, else its position; its id, where it has none, is made from the position,
    so that the same record has the same id when it comes again.
    """
    headers = {name: printable(value) for name, value in record.headers}
    position = f"{record.topic}/{record.partition}/{record.offset}"
    key = printable(record.key) if record.key else ""
    try:
        event_id = UUID(headers.get("ce_id", ""))
    except ValueError:
        event_id = uuid5(NAMESPACE_URL, position)
    return Envelope(
        event_id=event_id,
        event_type=headers.get("ce_type", "unknown"),
        source=headers.get("ce_source", "unknown"),
        subject=Subject(record.topic, headers.get("ce_subject") or key or position),
        time=datetime.fromtimestamp(0, UTC),
        partition=record.partition,
        offset=record.offset,
        trace=trace_of(record),
    )


def trace_of(record: Record) -> dict[str, str]:
    """The W3C trace context of a record."""
    return {name: printable(value) for name, value in record.headers if name in {"traceparent", "tracestate"}}


def printable(value: bytes) -> str:
    """Bytes as text that PostgreSQL and a log line can hold."""
    return value.decode("utf-8", errors="replace").replace("\x00", "\ufffd")


def event_of(envelope: Envelope, value: bytes | None) -> WireEvent:
    """The event in the record. Raises PoisonEvent where the value is not what its type promises."""
    try:
        return EVENT_CLASSES[envelope.event_type].from_json(value or b"")
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, problem["loc"])) or problem["type"] for problem in error.errors())
        raise PoisonEvent(f"the value is no {envelope.event_type}: {fields}") from error
