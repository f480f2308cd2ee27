"""W3C trace context through outbox and Kafka: one trace from the request to the last effect.

Names, kinds and attributes are OpenTelemetry's for messaging. A consumer's span is the child of its producer's, also
where a batch shares a transaction: whoever reads one booking's trace finds all of it there (docs/decisions/0014).
"""

from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final

import structlog
from opentelemetry import trace
from opentelemetry.trace import Link, Span, SpanKind, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from parking_messaging.cloud_events import Envelope
from parking_messaging.records import Unsent

_log: Final = structlog.get_logger(__name__)

_PROPAGATOR: Final = TraceContextTextMapPropagator()
_SAMPLED: Final = frozenset("13579bdf")
"""The last digit of a traceparent whose lowest flag is set."""


def current_trace() -> dict[str, str]:
    """The headers that continue the present trace; empty outside of one."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier


@contextmanager
def resumed(headers: Mapping[str, str], name: str) -> Generator[None]:
    """Go on, under a span of this name, in a trace that was kept with `current_trace` beside what it is about."""
    with _tracer().start_as_current_span(name, context=_PROPAGATOR.extract(headers)):
        yield


@contextmanager
def send_spans(batch: Sequence[Unsent]) -> Generator[list[Unsent]]:
    """The batch with a producer span for each sampled row, open until the broker answered.

    Rows without a sampled trace pass as they are: spans for nobody would cost more than the sending.
    """
    spans: list[Span] = []
    try:
        yield [_continued(unsent, spans) for unsent in batch]
    finally:
        for span in spans:
            span.end()


def _continued(unsent: Unsent, spans: list[Span]) -> Unsent:
    row = unsent.row
    if not _is_sampled(row.headers):
        return unsent
    span = _tracer().start_span(
        f"send {row.aggregatetype}",
        context=_PROPAGATOR.extract(row.headers),
        kind=SpanKind.PRODUCER,
        attributes=_attributes("send", row.aggregatetype, str(row.id), row.type),
    )
    spans.append(span)
    headers = dict(row.headers)
    _PROPAGATOR.inject(headers, trace.set_span_in_context(span))
    return unsent._replace(row=row._replace(headers=headers))


@contextmanager
def process_spans(envelopes: Sequence[Envelope], group: str) -> Generator[None]:
    """A consumer span for each event whose trace is sampled, while one transaction applies them all.

    What the handler does lies below the first of them, and the others link to that one.
    """
    first, *others = [each for each in envelopes if _is_sampled(each.trace)] or envelopes[:1]
    with ExitStack() as open_spans:
        span = open_spans.enter_context(_processing(first, group))
        shared = [Link(span.get_span_context())]
        for envelope in others:
            open_spans.enter_context(_processing(envelope, group, shared))
        with trace.use_span(span, record_exception=False, set_status_on_exception=False):
            yield


@contextmanager
def _processing(envelope: Envelope, group: str, links: Sequence[Link] = ()) -> Generator[Span]:
    attributes = {
        **_attributes("process", envelope.topic, str(envelope.event_id), envelope.event_type),
        "messaging.consumer.group.name": group,
        "messaging.destination.partition.id": str(envelope.partition),
        "messaging.kafka.offset": envelope.offset,
    }
    with _tracer().start_as_current_span(
        f"process {envelope.topic}",
        context=_PROPAGATOR.extract(envelope.trace),
        kind=SpanKind.CONSUMER,
        attributes=attributes,
        links=links,
    ) as span:
        yield span
        if span.is_recording():
            _log.info("event processed", group=group, topic=envelope.topic, event_type=envelope.event_type)


def _attributes(operation: str, topic: str, event_id: str, event_type: str) -> dict[str, str | int]:
    return {
        "messaging.system": "kafka",
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
        "messaging.destination.name": topic,
        "messaging.message.id": event_id,
        "cloudevents.event_type": event_type,
    }


def _tracer() -> Tracer:
    return trace.get_tracer("parking_messaging")


def _is_sampled(headers: Mapping[str, str]) -> bool:
    return headers.get("traceparent", "")[-1:] in _SAMPLED
