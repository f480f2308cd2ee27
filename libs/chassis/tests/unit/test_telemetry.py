"""Traces and metrics name routes, never people."""

from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI
from opentelemetry import trace
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.test.globals_test import reset_trace_globals
from prometheus_client import REGISTRY

from parking_chassis.request_context import RequestContext
from parking_chassis.span_export import SpanSender
from parking_chassis.telemetry import REQUEST_SPANS, configure_tracing, statement_span


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    reset_trace_globals()
    exporter = InMemorySpanExporter()
    provider = configure_tracing("test", endpoint=None, sample_ratio=1)
    provider.add_span_processor(SimpleSpanProcessor(SpanSender(exporter)))
    yield exporter
    provider.shutdown()
    reset_trace_globals()


def application() -> FastAPI:
    app = FastAPI(telemetry=REQUEST_SPANS)

    @app.get("/users/{user_id}")
    async def get_user(user_id: str) -> str:
        return user_id

    app.add_middleware(RequestContext)
    return app


async def answers(*requests: tuple[str, str]) -> list[httpx.Response]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application()), base_url="http://service") as client:
        return [await client.request(method, path) for method, path in requests]


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


async def test_probes_and_what_a_provider_tells_are_not_traced(spans: InMemorySpanExporter) -> None:
    await answers(("GET", "/healthz"), ("POST", "/api/v1/webhooks/stripe"), ("GET", "/users/7"))
    assert [span.name for span in spans.get_finished_spans()] == ["GET /users/{user_id}"]


async def test_a_callers_trace_goes_on(spans: InMemorySpanExporter) -> None:
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application()), base_url="http://service") as client:
        await client.get("/users/7", headers={"traceparent": f"00-{trace_id}-b7ad6b7169203331-01"})
    (span,) = spans.get_finished_spans()
    assert span.context is not None
    assert trace.format_trace_id(span.context.trace_id) == trace_id


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
