"""W3C trace context through outbox and Kafka: one trace from the request to the last effect.

Names, kinds and attributes are OpenTelemetry's for messaging. A consumer's span is the child of its producer's, also
where a batch shares a transaction: one booking's trace shows all that followed from it (docs/decisions/0014).
"""

from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from functools import partial
from types import MappingProxyType, TracebackType
from typing import Final
from uuid import UUID

from opentelemetry import trace
from opentelemetry.context import attach, detach
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from parking_messaging.cloud_events import Envelope
from parking_messaging.records import Unsent

_PROPAGATOR: Final = TraceContextTextMapPropagator()
_SAMPLED: Final = frozenset("13579bdf")
"""The last digit of a traceparent whose lowest flag is set."""
_AT_HAND: Final[ContextVar[Mapping[UUID, Span]]] = ContextVar("events_at_hand", default=MappingProxyType({}))


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
def within(headers: Mapping[str, str]) -> Generator[None]:
    """Go on, without a span of one's own, in the trace of these headers; in the present one where they have none."""
    token = attach(_PROPAGATOR.extract(headers))
    try:
        yield
    finally:
        detach(token)


@contextmanager
def process_spans(envelopes: Sequence[Envelope], group: str) -> Generator[Sequence[Span]]:
    """A consumer span for each event, in their order, while one transaction applies them all.

    What the handler does lies below the first whose trace is sampled, and the others link to that one. A span that is
    not sampled costs little and is not exported; its ids stand in the log.
    """
    place = next((place for place, each in enumerate(envelopes) if _is_sampled(each.trace)), 0)
    leading = _processing(envelopes[place], group)
    links = [Link(leading.get_span_context())]
    spans = [leading if at == place else _processing(each, group, links) for at, each in enumerate(envelopes)]
    token = _AT_HAND.set({each.event_id: span for each, span in zip(envelopes, spans, strict=True)})
    with ExitStack() as open_spans:
        open_spans.callback(_AT_HAND.reset, token)
        for span in spans:
            open_spans.push(partial(_end, span))
        with trace.use_span(leading, record_exception=False, set_status_on_exception=False):
            yield spans


def _end(
    span: Span, _type: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
) -> None:
    if isinstance(error, Exception):
        span.record_exception(error)
        span.set_status(Status(StatusCode.ERROR, type(error).__name__))
    span.end()


def trace_of_event(event_id: UUID) -> dict[str, str]:
    """The headers that continue the trace of one of the events at hand, which may be several in one transaction.

    Those of the present trace where the event is not at hand.
    """
    span = _AT_HAND.get().get(event_id)
    if span is None:
        return current_trace()
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier, trace.set_span_in_context(span))
    return carrier


def _processing(envelope: Envelope, group: str, links: Sequence[Link] = ()) -> Span:
    attributes = {
        **_attributes("process", envelope.topic, str(envelope.event_id), envelope.event_type),
        "messaging.consumer.group.name": group,
        "messaging.destination.partition.id": str(envelope.partition),
        "messaging.kafka.offset": envelope.offset,
    }
    return _tracer().start_span(
        f"process {envelope.topic}",
        context=_PROPAGATOR.extract(envelope.trace),
        kind=SpanKind.CONSUMER,
        attributes=attributes,
        links=links,
    )


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
