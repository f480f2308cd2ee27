"""`python -m parking_chassis.gateway_spans --socket PATH --otlp-endpoint URL`: the gateway's spans, from lines to OTLP.

nginx writes a line for each sampled request to a Unix datagram socket (`access_log syslog:`, RFC 3164), and this makes
a span of it (docs/decisions/0024). It runs beside the gateway. A request never waits for it: where nobody reads, nginx
drops the line.
"""

import argparse
import json
import signal
import socket
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any, Final

import structlog
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from parking_chassis.logs import configure_logs
from parking_chassis.span_export import otlp_exporter

log = structlog.stdlib.get_logger(__name__)

SERVICE: Final = "gateway"
MAX_LINE: Final = 65_536
LOOK_SECONDS: Final = 1.0
EVERYONE_WRITES: Final = 0o666  # nginx's workers are another user
NANOSECONDS: Final = 1_000_000_000
HTTP_500: Final = 500

_RESOURCE: Final = Resource.create({"service.name": SERVICE})
_SCOPE: Final = InstrumentationScope("nginx")


class NoSpan(ValueError):
    """The line does not say what a span needs."""


def span_of(line: bytes) -> ReadableSpan:
    """The span in a line of nginx. Raises `NoSpan`."""
    try:
        said: dict[str, Any] = json.loads(line[line.index(b"{") :])
        ended_at = int(float(said["ended_at"]) * NANOSECONDS)
        return ReadableSpan(
            name=f"{said['method']} {said['route']}",
            context=_context(said["trace_id"], said["span_id"], is_remote=False),
            parent=_context(said["trace_id"], said["parent_id"], is_remote=True) if said["parent_id"] else None,
            resource=_RESOURCE,
            attributes={
                "http.request.method": said["method"],
                "http.route": said["route"],
                "http.response.status_code": said["status"],
                "url.scheme": "https",
                "network.protocol.version": said["protocol"].removeprefix("HTTP/"),
            },
            kind=SpanKind.SERVER,
            status=Status(StatusCode.ERROR if said["status"] >= HTTP_500 else StatusCode.UNSET),
            start_time=ended_at - int(float(said["seconds"]) * NANOSECONDS),
            end_time=ended_at,
            instrumentation_scope=_SCOPE,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NoSpan(type(error).__name__) from error


def _context(trace_id: str, span_id: str, *, is_remote: bool) -> SpanContext:
    return SpanContext(int(trace_id, 16), int(span_id, 16), is_remote, TraceFlags(TraceFlags.SAMPLED))


@contextmanager
def lines_at(path: Path) -> Generator[socket.socket]:
    """The socket that nginx writes to. One that was left behind is replaced."""
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(path))
        path.chmod(EVERYONE_WRITES)
        try:
            yield receiver
        finally:
            path.unlink(missing_ok=True)


def forward(receiver: socket.socket, spans: SpanProcessor) -> None:
    """Make spans of lines until SIGTERM or SIGINT, and then of those that are there.

    What is no span is skipped; an empty line is a health check.
    """

    def wait_no_longer(_number: int, _frame: FrameType | None) -> None:
        receiver.settimeout(0)

    # The handler raises nothing: it may come between a line's arrival and its span, which would then be lost. Where it
    # comes right before the socket is waited at, it is the time-out that ends the waiting.
    receiver.settimeout(LOOK_SECONDS)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, wait_no_longer)
    with suppress(BlockingIOError):
        while True:
            try:
                line = receiver.recv(MAX_LINE)
                if line:
                    spans.on_end(span_of(line))
            except TimeoutError:
                continue
            except NoSpan as error:
                log.warning("no_span", why=str(error))


def main() -> None:
    """Run until SIGTERM or SIGINT; what nginx has written by then is sent."""
    parser = argparse.ArgumentParser(prog="gateway_spans", description=__doc__)
    parser.add_argument("--socket", type=Path, required=True, help="where nginx writes its lines")
    parser.add_argument("--otlp-endpoint", required=True, help="an OTLP receiver that speaks HTTP")
    options = parser.parse_args()
    configure_logs("gateway-spans", "INFO")
    spans = BatchSpanProcessor(otlp_exporter(options.otlp_endpoint))
    with lines_at(options.socket) as receiver:
        try:
            forward(receiver, spans)
        finally:
            spans.shutdown()


if __name__ == "__main__":
    main()
