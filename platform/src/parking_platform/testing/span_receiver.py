"""An OTLP receiver for tests: takes what the exporters send over HTTP, and finds the spans of one trace in it."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from parking_platform.ports import LOOPBACK


@dataclass(frozen=True, slots=True)
class ReceivedSpan:
    """A span as it was exported. Ids are hexadecimal; `parent_id` is empty where a trace begins."""

    service: str
    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    attributes: Mapping[str, Any]
    events: tuple[Mapping[str, Any], ...]

    @classmethod
    def of(cls, span: Span, service: str) -> Self:
        """Read a span."""
        return cls(
            service=service,
            name=span.name,
            kind=Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
            trace_id=span.trace_id.hex(),
            span_id=span.span_id.hex(),
            parent_id=span.parent_span_id.hex(),
            attributes=_attributes(span.attributes),
            events=tuple({"name": event.name, **_attributes(event.attributes)} for event in span.events),
        )


class SpanReceiver:
    """Keeps requests as they came: they are read only when a test asks for a trace."""

    def __init__(self, address: str, requests: list[bytes]) -> None:
        self.address = address
        self._requests = requests

    def trace(self, trace_id: str) -> list[ReceivedSpan]:
        """The spans of a trace that have come so far."""
        wanted = bytes.fromhex(trace_id)
        return [
            ReceivedSpan.of(span, service)
            for request in list(self._requests)
            if wanted in request
            for service, span in _spans(request)
            if span.trace_id == wanted
        ]


@contextmanager
def receiving_spans() -> Iterator[SpanReceiver]:
    """A receiver on a free port until the end of the block."""
    requests: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            requests.append(self.rfile.read(int(self.headers["Content-Length"])))
            body = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Say nothing."""

    with ThreadingHTTPServer((LOOPBACK, 0), Handler) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, name="span receiver", daemon=True)
        thread.start()
        try:
            yield SpanReceiver(f"http://{LOOPBACK}:{server.server_port}", requests)
        finally:
            server.shutdown()
            thread.join()


def _spans(request: bytes) -> Iterator[tuple[str, Span]]:
    for of_service in ExportTraceServiceRequest.FromString(request).resource_spans:
        service = _attributes(of_service.resource.attributes)["service.name"]
        for scope in of_service.scope_spans:
            for span in scope.spans:
                yield service, span


def _attributes(pairs: Iterable[KeyValue]) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(each) for each in value.array_value.values]
    return getattr(value, kind) if kind else None
