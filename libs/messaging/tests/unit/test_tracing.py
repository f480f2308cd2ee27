"""One trace from the request to the effect, through outbox and Kafka."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.test.globals_test import reset_trace_globals
from opentelemetry.trace import SpanContext, SpanKind

from parking_messaging.cloud_events import envelope_of, outgoing
from parking_messaging.outbox_rows import outbox_row
from parking_messaging.records import Record, Unsent
from parking_messaging.tracing import process_spans, send_spans


@pytest.fixture
def exported() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    reset_trace_globals()
    trace.set_tracer_provider(provider)
    yield exporter
    provider.shutdown()
    reset_trace_globals()


def test_request_sending_and_effect_are_one_chain(exported: InMemorySpanExporter, sample: Any) -> None:
    (record,) = sent_within("request", sample)
    with process_spans([envelope_of(record)], sample.group):
        working("effect")

    request, send, process, effect = (one(exported, name) for name in ("request", "send", "process", "effect"))
    assert place(send.parent) == place(request.context)
    assert place(process.parent) == place(send.context)
    assert place(effect.parent) == place(process.context)
    assert (send.kind, process.kind) == (SpanKind.PRODUCER, SpanKind.CONSUMER)


def test_spans_are_named_as_opentelemetry_names_messaging(exported: InMemorySpanExporter, sample: Any) -> None:
    (record,) = sent_within("request", sample)
    with process_spans([envelope_of(record)], sample.group):
        pass

    topic = sample.topic.name
    for operation in ("send", "process"):
        span = one(exported, operation)
        assert span.name == f"{operation} {topic}"
        assert (
            dict(span.attributes or {}).items()
            >= {
                "messaging.system": "kafka",
                "messaging.operation.name": operation,
                "messaging.operation.type": operation,
                "messaging.destination.name": topic,
            }.items()
        )


def test_events_of_a_batch_each_stay_in_their_own_trace(exported: InMemorySpanExporter, sample: Any) -> None:
    records = [*sent_within("first", sample), *sent_within("second", sample)]
    with process_spans([envelope_of(record) for record in records], sample.group):
        working("effect")

    second, first = (span for span in exported.get_finished_spans() if span.name.startswith("process"))
    for process, request in ((first, "first"), (second, "second")):
        assert place(process.context)[0] == place(one(exported, request).context)[0]
    assert place(one(exported, "effect").parent) == place(first.context)
    assert [place(link.context) for link in second.links] == [place(first.context)]


def test_a_failure_marks_every_event_of_the_batch(exported: InMemorySpanExporter, sample: Any) -> None:
    records = [*sent_within("first", sample), *sent_within("second", sample)]
    with (
        pytest.raises(ArithmeticError),
        process_spans([envelope_of(record) for record in records], sample.group),
    ):
        raise ArithmeticError
    failed = [span for span in exported.get_finished_spans() if span.name.startswith("process")]
    assert [span.status.is_ok for span in failed] == [False, False]


def test_what_is_not_sampled_costs_no_span(exported: InMemorySpanExporter, sample: Any) -> None:
    unsent = Unsent(1, outbox_row(sample.event()), datetime.now(UTC))
    with send_spans([unsent]) as traced:
        assert traced == [unsent]
    assert exported.get_finished_spans() == ()


def sent_within(name: str, sample: Any) -> list[Record]:
    """The record of an event that was written while a span of this name was open."""
    with trace.get_tracer("test").start_as_current_span(name):
        unsent = Unsent(1, outbox_row(sample.event()), datetime.now(UTC))
    with send_spans([unsent]) as traced:
        sent = [outgoing(each, b"/services/sample") for each in traced]
    return [Record(each.topic, 0, 0, each.key, each.value, tuple(each.headers)) for each in sent]


def working(name: str) -> None:
    """Something that makes a span of its own."""
    with trace.get_tracer("test").start_as_current_span(name):
        pass


def one(exported: InMemorySpanExporter, name: str) -> ReadableSpan:
    """The first span that ended with this name."""
    return next(span for span in exported.get_finished_spans() if span.name.split()[0] == name)


def place(context: SpanContext | None) -> tuple[int, int]:
    assert context is not None
    return context.trace_id, context.span_id
