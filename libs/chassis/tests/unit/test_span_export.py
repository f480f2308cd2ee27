"""What leaves the process with a span, and what a receiver that is away costs."""

from collections.abc import Sequence

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from parking_chassis.span_export import REST_SECONDS, SpanSender


class Receiver(SpanExporter):
    """Counts what is asked of it."""

    def __init__(self) -> None:
        self.is_away = True
        self.asked = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.asked += 1
        return SpanExportResult.FAILURE if self.is_away else SpanExportResult.SUCCESS


def test_known_attributes_leave_and_the_words_of_an_error_do_not() -> None:
    received = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(SpanSender(received)))
    error = ValueError("Key (email)=(dora@example.com) already exists")
    with provider.get_tracer("test").start_as_current_span("GET /users") as span:
        span.set_attribute("http.route", "/users")
        span.set_attribute("http.url", "https://a.test/users?query=dora@example.com")
        span.set_attribute("net.peer.ip", "203.0.113.9")
        span.record_exception(error)
        span.set_status(StatusCode.ERROR, str(error))
    provider.shutdown()

    (span,) = received.get_finished_spans()
    assert dict(span.attributes or {}) == {"http.route": "/users"}
    assert [dict(event.attributes or {}) for event in span.events] == [{"exception.type": "ValueError"}]
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, None)


def test_a_receiver_that_is_away_is_asked_again_after_a_rest() -> None:
    now = 0.0
    receiver = Receiver()
    sender = SpanSender(receiver, elapsed=lambda: now)

    assert [sender.export([]) for _ in range(100)] == [SpanExportResult.FAILURE] * 100
    assert receiver.asked == 1

    now, receiver.is_away = REST_SECONDS + 1, False
    assert [sender.export([]) for _ in range(2)] == [SpanExportResult.SUCCESS] * 2
    assert receiver.asked == 3
