"""A service that asks another carries the trace there, and no span names anybody."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest_asyncio
import uvicorn
from fastapi import Request
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanContext, SpanKind

from parking_chassis.http_client import http_client
from parking_chassis.telemetry import TracedApplication
from parking_platform.ports import LOOPBACK, free_port
from parking_platform.testing.waiting import wait_until

TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest_asyncio.fixture
async def asked(spans: InMemorySpanExporter) -> AsyncIterator[str]:
    """The address of a service that answers with the headers it got; its spans go where the caller's go."""
    app = TracedApplication()

    @app.get("/users/{user_id}/contact")
    async def contact(user_id: str, request: Request) -> dict[str, str]:
        return dict(request.headers)

    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, host=LOOPBACK, port=port, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve())
    await wait_until(lambda: server.started, "the service to listen")
    yield f"http://{LOOPBACK}:{port}"
    server.should_exit = True
    await serving


async def ask(url: str, **headers: str) -> dict[str, str]:
    """What arrives there when a request with these headers makes a service ask."""
    app = TracedApplication()

    @app.get("/mails")
    async def mails() -> dict[str, str]:
        async with http_client(5.0) as client:
            answer = await client.get(f"{url}/users/dora/contact?secret=1", headers={"Authorization": "Bearer secret"})
            return answer.json()

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://service", headers=headers) as client:
        return (await client.get("/mails")).json()


def place(context: SpanContext | None) -> tuple[str, str]:
    assert context is not None
    return trace.format_trace_id(context.trace_id), trace.format_span_id(context.span_id)


async def test_both_services_are_in_one_trace(asked: str, spans: InMemorySpanExporter) -> None:
    arrived = await ask(asked, traceparent=f"00-{TRACE}-b7ad6b7169203331-01")
    by_place: dict[tuple[str, SpanKind], ReadableSpan] = {
        (span.name, span.kind): span for span in spans.get_finished_spans()
    }
    caller = by_place["GET /mails", SpanKind.SERVER]
    call = by_place["GET", SpanKind.CLIENT]
    answering = by_place["GET /users/{user_id}/contact", SpanKind.SERVER]
    assert len(spans.get_finished_spans()) == 3
    assert place(call.parent) == place(caller.context)
    assert place(answering.parent) == place(call.context)
    assert arrived["traceparent"] == f"00-{'-'.join(place(call.context))}-01"
    assert place(call.context)[0] == TRACE


async def test_a_calls_span_has_its_outcome_and_nothing_else(asked: str, spans: InMemorySpanExporter) -> None:
    await ask(asked, traceparent=f"00-{TRACE}-b7ad6b7169203331-01")
    (call,) = (span for span in spans.get_finished_spans() if span.kind is SpanKind.CLIENT)
    assert dict(call.attributes or {}) == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "network.protocol.version": "1.1",
    }
    assert not [span for span in spans.get_finished_spans() if "dora" in span.to_json() or "secret" in span.to_json()]


async def test_what_is_not_sampled_goes_on_as_such(asked: str, spans: InMemorySpanExporter) -> None:
    arrived = await ask(asked, traceparent=f"00-{TRACE}-b7ad6b7169203331-00")
    version, trace_id, span_id, flags = arrived["traceparent"].split("-")
    assert (version, trace_id, flags) == ("00", TRACE, "00")
    assert span_id != "b7ad6b7169203331"
    assert spans.get_finished_spans() == ()


async def test_what_a_client_calls_its_baggage_goes_nowhere(asked: str) -> None:
    assert "baggage" not in await ask(asked, baggage="email=dora@example.com")


async def test_without_the_instrumentation_the_trace_ends(asked: str) -> None:
    """The negative control."""
    async with httpx.AsyncClient(trust_env=False) as client:
        assert "traceparent" not in (await client.get(f"{asked}/users/dora/contact")).json()
