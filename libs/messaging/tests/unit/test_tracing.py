"""One trace from the request to the effect, through outbox and Kafka."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanContext, SpanKind

from parking_messaging.cloud_events import envelope_of, outgoing
from parking_messaging.outbox_rows import outbox_row
from parking_messaging.records import Record, Unsent
from parking_messaging.tracing import current_trace, process_spans, send_spans, trace_of_event


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


def test_an_event_whose_trace_is_not_sampled_is_processed_in_it(exported: InMemorySpanExporter, sample: Any) -> None:
    """What the log names, and what the handler writes to the outbox, belongs to that trace."""
    traceparent = f"00-{'a' * 32}-{'b' * 16}-00"
    row = outbox_row(sample.event())._replace(headers={"traceparent": traceparent})
    sent = outgoing(Unsent(1, row, datetime.now(UTC)), b"/services/sample")
    record = Record(sent.topic, 0, 0, sent.key, sent.value, tuple(sent.headers))
    with process_spans([envelope_of(record)], sample.group) as (span,):
        written = outbox_row(sample.event()).headers["traceparent"]
    assert exported.get_finished_spans() == ()
    assert span.get_span_context().is_valid
    assert written == f"00-{'a' * 32}-{trace.format_span_id(span.get_span_context().span_id)}-00"


def test_of_a_batch_each_events_own_trace_is_known(exported: InMemorySpanExporter, sample: Any) -> None:
    first, second = (envelope_of(*sent_within(name, sample)) for name in ("first", "second"))
    with process_spans([first, second], sample.group):
        continued = [trace_of_event(each.event_id)["traceparent"].split("-")[1] for each in (first, second)]
        assert trace_of_event(uuid4()) == current_trace() != {}
    begun = [place(one(exported, name).context)[0] for name in ("first", "second")]
    assert continued == [trace.format_trace_id(trace_id) for trace_id in begun]
    assert trace_of_event(first.event_id) == {}


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
