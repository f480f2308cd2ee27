"""W3C trace context through outbox and Kafka: one trace from the request to the last effect."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Final

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from parking_messaging.cloud_events import Envelope
from parking_messaging.records import Unsent

_PROPAGATOR: Final = TraceContextTextMapPropagator()
_TRACER: Final = "parking_messaging"
_SAMPLED: Final = frozenset("13579bdf")
"""The last digit of a traceparent whose lowest flag is set."""


def current_trace() -> dict[str, str]:
    """The headers that continue the present trace; empty outside of one."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier


@contextmanager
def publish_spans(batch: Sequence[Unsent]) -> Generator[list[Unsent]]:
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
    if not _is_sampled(row.headers.get("traceparent", "")):
        return unsent
    span = trace.get_tracer(_TRACER).start_span(
        f"publish {row.aggregatetype}",
        context=_PROPAGATOR.extract(row.headers),
        kind=SpanKind.PRODUCER,
        attributes={
            "messaging.system": "kafka",
            "messaging.message.id": str(row.id),
            "cloudevents.event_type": row.type,
        },
    )
    spans.append(span)
    headers = dict(row.headers)
    _PROPAGATOR.inject(headers, trace.set_span_in_context(span))
    return unsent._replace(row=row._replace(headers=headers))


def _is_sampled(traceparent: str) -> bool:
    return traceparent[-1:] in _SAMPLED


@contextmanager
def process_span(envelope: Envelope, group: str) -> Generator[Span]:
    """A consumer span, child of the producer's; the handler's own spans lie below it."""
    with trace.get_tracer(_TRACER).start_as_current_span(
        f"process {envelope.topic}",
        context=_PROPAGATOR.extract(envelope.trace),
        kind=SpanKind.CONSUMER,
        attributes={
            "messaging.system": "kafka",
            "messaging.consumer.group.name": group,
            "messaging.message.id": str(envelope.event_id),
            "cloudevents.event_type": envelope.event_type,
        },
    ) as span:
        yield span
