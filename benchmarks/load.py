"""The client: one process, so many requests or statements in flight, each answer looked at."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from benchmarks.figures import percentile
from benchmarks.rotation import Measured, WrongAnswer
from tests.chaos.load import Door

from parking_demo.people import Json

RATE, P50, P99 = "/s", "p50 ms", "p99 ms"
SHOWN = 300


@dataclass(frozen=True)
class Request:
    """What is asked of an HTTP server, and the statuses that it may answer with."""

    method: str
    path: str
    expected: Collection[int]
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: Json | None = None


@dataclass(frozen=True)
class Client:
    """Keeps its connections, as many as there are requests in flight."""

    http: aiohttp.ClientSession

    async def send(self, request: Request) -> tuple[int, bytes]:
        """Status and body of the answer. Raises `WrongAnswer`."""
        async with self.http.request(request.method, request.path, json=request.body, headers=request.headers) as got:
            body = await got.read()
            if got.status not in request.expected:
                asked = f"{request.method} {request.path}"
                raise WrongAnswer(f"{asked} answered {got.status}, not {request.expected}: {body[:SHOWN]!r}")
            return got.status, body

    async def ask(self, request: Request) -> None:
        """Send it, for callers that need the status alone."""
        await self.send(request)


@asynccontextmanager
async def client_of(door: Door, in_flight: int) -> AsyncGenerator[Client]:
    """A client of a server."""
    connector = aiohttp.TCPConnector(limit=in_flight, ssl=door.trust)
    async with aiohttp.ClientSession(door.address, connector=connector) as http:
        yield Client(http)


async def measured[Thing](
    things: Sequence[Thing], in_flight: int, do: Callable[[Thing], Awaitable[object]]
) -> Measured:
    """Do it with each, never more than so many at once: how many a second, and how long each took."""
    left, latencies = iter(things), list[float]()

    async def work() -> None:
        for thing in left:
            began = time.perf_counter()
            await do(thing)
            latencies.append(time.perf_counter() - began)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(in_flight):
            tasks.create_task(work())
    return figures(len(things), time.perf_counter() - began, latencies)


def figures(count: int, seconds: float, latencies: Sequence[float]) -> Measured:
    """How many a second, and the percentiles of how long each took (given in seconds)."""
    return {
        RATE: count / seconds,
        P50: percentile(latencies, 0.5) * 1000,
        P99: percentile(latencies, 0.99) * 1000,
    }
