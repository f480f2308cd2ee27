"""What the log says of events: what each is about, what became of it, and how long that took.

A line names the event's subject by its own field (`payment_id`), and the reservation where the event has one, so that
one booking is found in the logs of every service. Lines belong to the event's trace, whether or not it is sampled.
"""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import structlog
from opentelemetry import trace
from opentelemetry.trace import Span

from parking_events import EVENT_CLASSES, WireEvent
from parking_messaging.cloud_events import Envelope, envelope_of, printable, salvaged_envelope, trace_of
from parking_messaging.failures import PoisonEvent
from parking_messaging.handlers import Delivery
from parking_messaging.records import OutboxRow, Publication, Record, Unsent
from parking_messaging.tracing import within

_log: Final = structlog.get_logger(__name__)

type About = dict[str, str | int]


def log_settled(
    group: str, deliveries: Sequence[Delivery], spans: Sequence[Span], outcomes: Sequence[str], seconds: float
) -> None:
    """A line for each event that one transaction settled; `seconds` is what all of them took together."""
    for (event, envelope), span, outcome in zip(deliveries, spans, outcomes, strict=True):
        with trace.use_span(span, record_exception=False, set_status_on_exception=False):
            _log.info(
                "event processed",
                group=group,
                **_of_envelope(envelope),
                **_of_event(event),
                outcome=outcome,
                duration_ms=_milliseconds(seconds),
                batch=len(deliveries),
            )


def log_failed(message: str, group: str, record: Record, error: Exception, **more: str | float) -> None:
    """A warning about an event that is not settled yet. Of the error only its type: its message may repeat values."""
    with within(trace_of(record)):
        _log.warning(message, group=group, **_of_record(record), error_type=type(error).__name__, **more)


def log_buried(group: str, record: Record, error: Exception, outcome: str, tries: int, seconds: float) -> None:
    """An error about an event that could not be applied, and now waits for an operator."""
    with within(trace_of(record)):
        _log.error(
            "event could not be applied",
            group=group,
            **_of_record(record),
            error_type=type(error).__name__,
            tries=tries,
            outcome=outcome,
            duration_ms=_milliseconds(seconds),
        )


def log_recorded(events: Sequence[WireEvent], rows: Sequence[OutboxRow]) -> None:
    """A line for each event that was written to the outbox, before the commit: what is rolled back has one as well."""
    for event, row in zip(events, rows, strict=True):
        _log.info("event recorded", **_of_row(row), **_of_event(event), version=row.version, outcome="recorded")


def log_published(batch: Sequence[Unsent], publication: Publication, seconds: float) -> None:
    """A line for what Kafka acknowledged of a batch; at DEBUG one for each event: there may be thousands a second."""
    acknowledged = set(publication.acknowledged)
    sent = [each.row for each in batch if each.seq in acknowledged]
    if not sent:
        return
    _log.info(
        "events published",
        topics=Counter(row.aggregatetype for row in sent),
        published=len(sent),
        refused=len(publication.refused),
        outcome="published",
        duration_ms=_milliseconds(seconds),
    )
    if _log.is_enabled_for(logging.DEBUG):
        for row in sent:
            with within(row.headers):
                _log.debug(
                    "event published", **_of_row(row), **_of_subject(row.type, row.aggregateid), outcome="published"
                )


def _of_envelope(envelope: Envelope) -> About:
    return {
        "topic": envelope.topic,
        "partition": envelope.partition,
        "offset": envelope.offset,
        "event_id": str(envelope.event_id),
        "event_type": envelope.event_type,
    }


def _of_event(event: WireEvent) -> About:
    reservation_id: object = getattr(event, "reservation_id", None)
    about: About = {"reservation_id": str(reservation_id)} if reservation_id else {}
    return about | {event.subject_field: event.subject}


def _of_record(record: Record) -> About:
    """What is known without reading the value, which may be what is wrong; of headers that are wrong, only an id."""
    try:
        envelope = envelope_of(record)
    except PoisonEvent:
        position: Mapping[str, str | int] = _of_envelope(salvaged_envelope(record))
        return {name: value for name, value in position.items() if name != "event_type"}
    return _of_envelope(envelope) | _of_key(envelope, record) | _of_subject(envelope.event_type, envelope.subject.id)


def _of_key(envelope: Envelope, record: Record) -> About:
    event_class = EVENT_CLASSES.get(envelope.event_type)
    if event_class is None or record.key is None:
        return {}
    return {event_class.partition_key_field: printable(record.key)}


def _of_row(row: OutboxRow) -> About:
    return {"topic": row.aggregatetype, "event_id": str(row.id), "event_type": row.type}


def _of_subject(event_type: str, subject: str) -> About:
    event_class = EVENT_CLASSES.get(event_type)
    return {event_class.subject_field: subject} if event_class else {}


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 1)
