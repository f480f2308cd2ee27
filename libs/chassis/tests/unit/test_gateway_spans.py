"""A line of nginx becomes a span."""

import json
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.trace import SpanKind, StatusCode, format_span_id, format_trace_id

from parking_chassis.gateway_spans import NoSpan, forward, lines_at, span_of

TRACE, SPAN, PARENT = "0af7651916cd43dd8448eb211c80319c", "00f067aa0ba902b7", "b7ad6b7169203331"


def line(**changes: Any) -> bytes:
    said = {
        "trace_id": TRACE,
        "span_id": SPAN,
        "parent_id": PARENT,
        "method": "POST",
        "route": "/api/v1/reservations/{id}/cancel",
        "status": 409,
        "protocol": "HTTP/2.0",
        "ended_at": 1_700_000_000.25,
        "seconds": 0.05,
    }
    return b"<190>Nov 25 20:12:46 gateway: " + json.dumps({**said, **changes}).encode()


def test_a_request_is_a_span_of_a_server() -> None:
    span = span_of(line())
    assert span.context
    assert span.parent
    assert format_trace_id(span.context.trace_id) == format_trace_id(span.parent.trace_id) == TRACE
    assert (format_span_id(span.context.span_id), format_span_id(span.parent.span_id)) == (SPAN, PARENT)
    assert (span.name, span.kind) == ("POST /api/v1/reservations/{id}/cancel", SpanKind.SERVER)
    assert span.resource.attributes["service.name"] == "gateway"
    assert (span.end_time or 0) - (span.start_time or 0) == 50_000_000
    assert span.status.status_code is StatusCode.UNSET


def test_a_trace_that_begins_here_has_no_parent() -> None:
    assert span_of(line(parent_id="")).parent is None


def test_a_failure_of_ours_is_an_error() -> None:
    assert span_of(line(status=502)).status.status_code is StatusCode.ERROR


@pytest.mark.parametrize(
    "text", [b"", b"hello", b"<190>gateway: {", b"{}", b"[]", line(trace_id="zz"), line(status="?")]
)
def test_a_line_that_is_no_span_is_refused(text: bytes) -> None:
    with pytest.raises(NoSpan):
        span_of(text)


class StoppedAtTheFirstSpan(SpanProcessor):
    """SIGTERM comes while it has the first span in its hands."""

    def __init__(self) -> None:
        self.kept: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        if not self.kept:
            signal.raise_signal(signal.SIGTERM)
        self.kept.append(span)


@pytest.fixture
def own_signals() -> Iterator[None]:
    """What this process does at a signal is afterwards as it was."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("own_signals")
def test_a_stopped_exporter_loses_neither_the_line_at_hand_nor_those_that_wait(tmp_path: Path) -> None:
    spans = StoppedAtTheFirstSpan()
    with lines_at(tmp_path / "lines") as receiver, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as nginx:
        for status in (201, 409, 502):
            nginx.sendto(line(status=status), str(tmp_path / "lines"))
        forward(receiver, spans)
    statuses = [(span.attributes or {})["http.response.status_code"] for span in spans.kept]
    assert statuses == [201, 409, 502]
