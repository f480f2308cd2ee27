"""`python -m benchmarks.request_spans`: what a request's span costs, by each way of making it, in one run.

It asks reservation's own routes for `POST /api/v1/reservations` without a token, in one process without a network: the
request passes the middlewares, the routing and the dependencies, and is refused. Time is that of the CPU. All ways are
measured in rotation, so that what disturbs the machine disturbs each of them; the least time of a way is the one that
was disturbed least. The decision that the figures belong to is docs/decisions/0031.
"""

import asyncio
import os
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Final

import httpx
from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.metrics import NoOpMeterProvider
from starlette.types import Message, Scope

from parking_chassis.health import health_router
from parking_chassis.http_client import trace_calls
from parking_chassis.logs import configure_logs
from parking_chassis.problems import install_problem_handlers
from parking_chassis.request_context import RequestContext
from parking_chassis.telemetry import NO_NATIVE_TELEMETRY, TracedApplication, configure_tracing
from reservation_service.entrypoints.http import booking, gates, reservations

ROUNDS: Final = 15
REQUESTS: Final = 500
UNAUTHENTICATED: Final = 401
MICROSECONDS: Final = 1e6

NATIVE: Final[TelemetryConfig] = NO_NATIVE_TELEMETRY | {"tracing": True}
HEADERS: Final = (
    (b"host", b"127.0.0.1:8103"),
    (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    (b"content-type", b"application/json"),
    (b"content-length", b"2"),
    (b"idempotency-key", b"018f6d3a-7c1e-7b4e-9a39-2f5d1c0b9e11"),
    (b"x-request-id", b"0af7651916cd43dd8448eb211c80319c"),
)
SAMPLED: Final = (b"traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
UNSAMPLED: Final = (SAMPLED[0], SAMPLED[1][:-1] + b"0")
SHARES: Final[Mapping[str, tuple[tuple[bytes, bytes], ...]]] = {
    "none is sampled": (UNSAMPLED,),
    "one in ten is (the default)": (SAMPLED, *(UNSAMPLED,) * 9),
    "all are": (SAMPLED,),
}


def _application(app: FastAPI) -> FastAPI:
    app.include_router(health_router({}))
    for router in (booking.router, reservations.router, gates.router):
        app.include_router(router)
    install_problem_handlers(app, {})
    app.add_middleware(RequestContext)
    return app


def _instrumented() -> FastAPI:
    app = _application(FastAPI(telemetry=NO_NATIVE_TELEMETRY))
    FastAPIInstrumentor.instrument_app(app, exclude_spans=["receive", "send"], meter_provider=NoOpMeterProvider())
    return app


WAYS: Final[Mapping[str, Callable[[], FastAPI]]] = {
    "no span": lambda: _application(FastAPI(telemetry=NO_NATIVE_TELEMETRY)),
    "FastAPI's own": lambda: _application(FastAPI(telemetry=NATIVE)),
    "opentelemetry-instrumentation-fastapi": _instrumented,
    "the same, passed by where not sampled": lambda: _application(TracedApplication()),
}


async def _microseconds(app: FastAPI, parents: Iterator[tuple[bytes, bytes]]) -> float:
    """How long a request keeps the CPU, on average of some hundreds."""
    answered: list[int] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answered.append(message["status"])

    began = time.process_time()
    for _ in range(REQUESTS):
        await app(_scope(next(parents)), receive, send)
    seconds = time.process_time() - began
    if answered != [UNAUTHENTICATED] * REQUESTS:
        raise RuntimeError(f"answered {set(answered)}, {len(answered)} times")
    return seconds / REQUESTS * MICROSECONDS


def _scope(parent: tuple[bytes, bytes]) -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/api/v1/reservations",
        "raw_path": b"/api/v1/reservations",
        "query_string": b"",
        "root_path": "",
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8103),
        "state": {},
        "headers": [*HEADERS, parent],
    }


async def _calls() -> Mapping[str, float]:
    """A call to another service, answered at once: without a span and with one, of a trace that is not sampled."""
    clients = {name: httpx.AsyncClient(transport=httpx.MockTransport(_answer)) for name in ("no span", "httpx")}
    trace_calls(clients["httpx"])
    found: dict[str, list[float]] = {name: [] for name in clients}
    for _ in range(ROUNDS):
        for name, client in clients.items():
            began = time.process_time()
            for _ in range(REQUESTS // 5):
                await client.get("http://auth:8101/internal/users/7/contact")
            found[name].append((time.process_time() - began) / (REQUESTS // 5) * MICROSECONDS)
    for client in clients.values():
        await client.aclose()
    return {name: min(times) for name, times in found.items()}


def _answer(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(200)


async def _measure() -> None:
    apps = {way: make() for way, make in WAYS.items()}
    for share, parents in SHARES.items():
        found: dict[str, list[float]] = {way: [] for way in apps}
        for _ in range(ROUNDS):
            for way, app in apps.items():
                found[way].append(await _microseconds(app, cycle(parents)))
        bare = min(found["no span"])
        print(share)
        for way, times in found.items():
            least = min(times)
            took = f"{least:7.0f} µs a request [median {median(times):.0f}]"
            print(f"  {way:<40}{took}{least - bare:+7.0f} µs {least / bare:6.2f} ×")
    calls = await _calls()
    print("a call by httpx")
    for name, least in calls.items():
        print(f"  {name:<40}{least:7.0f} µs a call{least - calls['no span']:+7.0f} µs")


def main() -> None:
    """Measure, and print a table."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        configure_logs("benchmark", "INFO", nowhere)
        configure_tracing("benchmark", endpoint=None, sample_ratio=0.1)
        asyncio.run(_measure())


if __name__ == "__main__":
    main()
