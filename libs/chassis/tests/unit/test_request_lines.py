"""A request's line names what it was about, and belongs to the request's trace."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
import structlog
from fastapi import FastAPI, HTTPException
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from parking_chassis.problems import Problem, ProblemKind, install_problem_handlers
from parking_chassis.request_context import RequestContext
from parking_chassis.telemetry import TracedApplication
from parking_platform.testing.logs import WrittenLogs, written_logs

TRACE = "0af7651916cd43dd8448eb211c80319c"
ID = str(uuid4())


@pytest.fixture
def logs() -> Iterator[WrittenLogs]:
    with written_logs("test") as logs:
        yield logs


def application() -> FastAPI:
    app = TracedApplication()

    @app.post("/reservations", status_code=201)
    async def reserve() -> None:
        structlog.contextvars.bind_contextvars(reservation_id=ID)

    @app.get("/reservations/{reservation_id}/{what}")
    async def get(reservation_id: str, what: str) -> None:
        if what == "missing":
            raise HTTPException(404)
        if what == "broken":
            raise ValueError
        if what == "refused":
            raise Problem(ProblemKind("not-yours", "It is not yours", 403), "It is somebody else's.")

    app.add_middleware(RequestContext)
    install_problem_handlers(app, {})
    return app


async def context_of(logs: WrittenLogs, method: str, path: str, **headers: str) -> dict[str, Any]:
    """What the line of a request is about."""
    transport = httpx.ASGITransport(application(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://service", headers=headers) as client:
        await client.request(method, path)
    return logs.lines("request")[-1]["context"]


@pytest.mark.parametrize(
    ("what", "status", "outcome"), [("here", 200, "done"), ("missing", 404, "refused"), ("broken", 500, "failed")]
)
async def test_it_names_the_id_in_the_path_and_what_became_of_it(
    logs: WrittenLogs, what: str, status: int, outcome: str
) -> None:
    context = await context_of(logs, "GET", f"/reservations/{ID}/{what}", **{"X-Request-ID": "mine"})
    assert isinstance(context.pop("duration_ms"), float)
    context.pop("problem", None)
    assert context == {
        "service": "test",
        "request_id": "mine",
        "method": "GET",
        "route": "/reservations/{reservation_id}/{what}",
        "status": status,
        "outcome": outcome,
        "reservation_id": ID,
    }


async def test_it_names_the_problem_of_a_request_that_was_refused(logs: WrittenLogs) -> None:
    assert (await context_of(logs, "GET", f"/reservations/{ID}/refused"))["problem"] == "not-yours"
    assert "problem" not in await context_of(logs, "GET", f"/reservations/{ID}/here")


async def test_what_is_no_id_is_not_repeated(logs: WrittenLogs) -> None:
    context = await context_of(logs, "GET", "/reservations/dora@example.com/here")
    assert "reservation_id" not in context
    assert "dora" not in logs.text()


async def test_it_names_what_the_request_made_and_the_next_one_does_not(logs: WrittenLogs) -> None:
    assert (await context_of(logs, "POST", "/reservations"))["reservation_id"] == ID
    assert "reservation_id" not in await context_of(logs, "GET", "/nowhere")


@pytest.mark.parametrize("flags", ["00", "01"])
async def test_its_trace_is_the_callers_sampled_or_not(
    logs: WrittenLogs, spans: InMemorySpanExporter, flags: str
) -> None:
    await context_of(logs, "POST", "/reservations", traceparent=f"00-{TRACE}-b7ad6b7169203331-{flags}")
    (line,) = logs.lines("request")
    assert line["trace_id"] == TRACE
    assert line["span_id"] not in {None, "b7ad6b7169203331"}
    assert len(spans.get_finished_spans()) == int(flags)
