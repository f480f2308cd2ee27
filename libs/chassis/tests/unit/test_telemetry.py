"""Traces and metrics name routes, never people."""

import httpx
import pytest
from fastapi import APIRouter, FastAPI, WebSocket
from opentelemetry import propagate, trace
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from prometheus_client import REGISTRY
from starlette.types import Message

from parking_chassis.request_context import RequestContext
from parking_chassis.telemetry import NO_NATIVE_TELEMETRY, TracedApplication, statement_span

TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def application(app: FastAPI | None = None) -> FastAPI:
    app = app or TracedApplication()
    users = APIRouter(prefix="/users")

    @users.get("/{user_id}")
    async def get_user(user_id: str) -> str:
        return user_id

    @users.get("/{user_id}/broken")
    async def fail(user_id: str) -> None:
        raise ValueError(f"{user_id} is Dora")

    @app.websocket("/rooms/{room}")
    async def talk(socket: WebSocket, room: str) -> None:
        await socket.accept()
        for _ in range(3):
            await socket.send_text(room)
        await socket.close()

    app.include_router(users)
    app.add_middleware(RequestContext)
    return app


async def answers(*requests: tuple[str, str], app: FastAPI | None = None, **headers: str) -> list[httpx.Response]:
    transport = httpx.ASGITransport(app or application(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://service", headers=headers) as client:
        return [await client.request(method, path) for method, path in requests]


def current_trace() -> dict[str, str]:
    """What a call or an event would carry on from here."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier


def makers(spans: InMemorySpanExporter) -> list[str]:
    """Which instrumentation made each span."""
    return [span.instrumentation_scope.name for span in spans.get_finished_spans() if span.instrumentation_scope]


async def test_a_span_names_the_route_and_leaves_the_query_out(spans: InMemorySpanExporter) -> None:
    await answers(("GET", "/users/7?query=dora@example.com"))
    (span,) = spans.get_finished_spans()
    assert span.name == "GET /users/{user_id}"
    assert dict(span.attributes or {}) == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "http.route": "/users/{user_id}",
        "network.protocol.version": "1.1",
        "url.scheme": "http",
    }


async def test_probes_and_webhooks_are_not_traced(spans: InMemorySpanExporter) -> None:
    probes = [("GET", path) for path in ("/healthz", "/readyz", "/metrics")]
    await answers(*probes, ("POST", "/api/v1/webhooks/stripe"), ("GET", "/users/7"))
    assert [span.name for span in spans.get_finished_spans()] == ["GET /users/{user_id}"]


async def test_a_callers_trace_goes_on(spans: InMemorySpanExporter) -> None:
    await answers(("GET", "/users/7"), traceparent=f"00-{TRACE}-{CALLER}-01")
    (span,) = spans.get_finished_spans()
    assert span.context is not None
    assert span.parent is not None
    assert trace.format_trace_id(span.context.trace_id) == TRACE
    assert trace.format_span_id(span.parent.span_id) == CALLER
    assert span.parent.is_remote


async def test_a_request_has_one_span_and_it_is_not_fastapis_own(spans: InMemorySpanExporter) -> None:
    """What both ways together would make is not left to FastAPI, which steps aside where it knows the other one."""
    await answers(("GET", "/users/7"))
    assert makers(spans) == ["opentelemetry.instrumentation.fastapi"]


async def test_without_the_instrumentation_nobody_traces(spans: InMemorySpanExporter) -> None:
    """The negative control: FastAPI's own telemetry is off, and on it would make a span."""
    await answers(("GET", "/users/7"), app=application(FastAPI(telemetry=NO_NATIVE_TELEMETRY)))
    assert makers(spans) == []
    await answers(("GET", "/users/7"), app=application(FastAPI(telemetry={"auto_configure": False})))
    assert "fastapi" in makers(spans)


async def test_what_its_caller_does_not_sample_has_no_span_and_a_place_in_the_trace(
    spans: InMemorySpanExporter,
) -> None:
    app, places = TracedApplication(), list[str]()

    @app.get("/users/{user_id}")
    async def get_user(user_id: str) -> None:
        places.append(current_trace()["traceparent"])

    await answers(("GET", "/users/7"), app=app, traceparent=f"00-{TRACE}-{CALLER}-00", tracestate="a=b")
    ((version, trace_id, span_id, flags),) = (place.split("-") for place in places)
    assert (version, trace_id, flags) == ("00", TRACE, "00")
    assert span_id != CALLER
    assert spans.get_finished_spans() == ()


@pytest.mark.parametrize("flags", ["00", "01"])
async def test_what_a_provider_sends_is_in_nobodys_trace(spans: InMemorySpanExporter, flags: str) -> None:
    """The gateway begins a trace for each request; what a payment's message sets off belongs to the payment's."""
    app, places = TracedApplication(), list[dict[str, str]]()

    @app.post("/api/v1/webhooks/stripe")
    async def take_webhook() -> None:
        places.append(current_trace())

    await answers(("POST", "/api/v1/webhooks/stripe"), app=app, traceparent=f"00-{TRACE}-{CALLER}-{flags}")
    assert places == [{}]


async def test_a_failure_is_marked_and_its_words_stay_here(spans: InMemorySpanExporter) -> None:
    (answer,) = await answers(("GET", "/users/7/broken"))
    assert answer.status_code == 500
    (span,) = spans.get_finished_spans()
    assert (span.name, span.status.status_code) == ("GET /users/{user_id}/broken", StatusCode.ERROR)
    assert span.attributes is not None
    assert (span.attributes["http.response.status_code"], span.attributes["error.type"]) == (500, "500")
    assert [dict(event.attributes or {}) for event in span.events] == [{"exception.type": "ValueError"}]
    assert "Dora" not in span.to_json()


async def test_a_websocket_is_one_span_however_much_is_said(spans: InMemorySpanExporter) -> None:
    incoming: list[dict[str, str]] = [{"type": "websocket.connect"}]
    outgoing: list[Message] = []
    scope = {"type": "websocket", "path": "/rooms/a", "root_path": "", "scheme": "ws", "query_string": b"ticket=secret"}

    async def receive() -> Message:
        return incoming.pop(0)

    async def send(message: Message) -> None:
        outgoing.append(message)

    await application()({**scope, "headers": [], "subprotocols": []}, receive, send)
    assert [each["type"] for each in outgoing].count("websocket.send") == 3
    (span,) = spans.get_finished_spans()
    assert (span.kind, dict(span.attributes or {})["http.route"]) == (SpanKind.SERVER, "/rooms/{room}")
    assert "secret" not in span.to_json()


async def test_a_statement_begins_no_trace_and_is_part_of_one(spans: InMemorySpanExporter) -> None:
    with statement_span("a timer's", "SELECT 1"):
        pass
    request = trace.get_tracer("test").start_as_current_span("request", kind=trace.SpanKind.SERVER)
    with request, statement_span("a request's", "SELECT 2"):
        pass
    assert [span.name for span in spans.get_finished_spans()] == ["a request's", "request"]


@pytest.mark.parametrize(
    ("method", "path", "labels"),
    [
        ("GET", "/users/7", {"method": "GET", "route": "/users/{user_id}", "status": "200"}),
        ("POST", "/users/7", {"method": "POST", "route": "/users/{user_id}", "status": "405"}),
        ("GET", "/nowhere/7", {"method": "GET", "route": "unknown", "status": "404"}),
        ("BREW", "/nowhere/7", {"method": "other", "route": "unknown", "status": "404"}),
    ],
)
async def test_a_request_is_measured_under_labels_of_which_there_are_few(
    method: str, path: str, labels: dict[str, str]
) -> None:
    def measured() -> float:
        return REGISTRY.get_sample_value("request_duration_seconds_count", labels) or 0

    before = measured()
    await answers((method, path))
    assert measured() == before + 1
