"""One trace from the request to the effect, through outbox and Kafka."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.test.globals_test import reset_trace_globals
from opentelemetry.trace import SpanContext

from parking_messaging.cloud_events import envelope_of, outgoing
from parking_messaging.outbox_rows import outbox_row
from parking_messaging.records import Record, Unsent
from parking_messaging.tracing import process_span, publish_spans


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


def test_request_publication_and_effect_share_a_trace(exported: InMemorySpanExporter, sample: Any) -> None:
    with trace.get_tracer("test").start_as_current_span("request"):
        unsent = Unsent(1, outbox_row(sample.event()), datetime.now(UTC))
    with publish_spans([unsent]) as (traced,):
        sent = outgoing(traced, b"/services/sample")
    record = Record(sent.topic, 0, 0, sent.key, sent.value, tuple(sent.headers))
    with process_span(envelope_of(record), sample.group):
        pass
    spans = {span.name.split()[0]: span for span in exported.get_finished_spans()}
    request, publish, process = spans["request"], spans["publish"], spans["process"]
    assert place(publish.parent) == place(request.context)
    assert place(process.parent) == place(publish.context)


def place(context: SpanContext | None) -> tuple[int, int]:
    assert context is not None
    return context.trace_id, context.span_id


def test_what_is_not_sampled_costs_no_span(exported: InMemorySpanExporter, sample: Any) -> None:
    unsent = Unsent(1, outbox_row(sample.event()), datetime.now(UTC))
    with publish_spans([unsent]) as traced:
        assert traced == [unsent]
    assert exported.get_finished_spans() == ()
