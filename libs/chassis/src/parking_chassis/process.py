"""The life of a process: start, run until SIGTERM or SIGINT, finish what is in flight, stop."""

import asyncio
import gc
import signal
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import override

import structlog
import uvicorn
from fastapi import FastAPI

from parking_chassis.health import ReadinessCheck, health_router
from parking_chassis.logs import milliseconds_since
from parking_chassis.metrics import ERRORS, expect_errors
from parking_chassis.telemetry import NO_NATIVE_TELEMETRY
from parking_kernel.pauses import GrowingPause

log = structlog.stdlib.get_logger(__name__)

Loop = Callable[[asyncio.Event], Awaitable[None]]
BACKLOG = 2048
SOCKET_MESSAGE_BYTES = 65_536
DATE_SECONDS = 1.0
LOOK_SECONDS = 1.0
YOUNG_OBJECTS = 10_000  # more than Python's 700, of which many requests in flight keep many times as many alive
START_FAILED = 3  # as uvicorn's own command exits


@dataclass(frozen=True, slots=True)
class Address:
    """Where a process listens, and how long it may take to finish what is in flight (seconds)."""

    host: str
    port: int
    grace: float


class _Server(uvicorn.Server):
    """Wakes up to be stopped, and once a second for the date; uvicorn by itself looks ten times a second.

    Twelve processes on one machine would spend more on looking than on anything else while nobody asks.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._stopped = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    @override
    async def main_loop(self) -> None:
        """Until `stop`, or a signal."""
        self._loop = asyncio.get_running_loop()
        while not await self.on_tick(counter=0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), DATE_SECONDS)

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal came."""
        super().handle_exit(sig, frame)
        self.stop()

    def stop(self) -> None:
        """Finish what is in flight and end. May be called from a signal's handler."""
        self.should_exit = True
        if self._loop:
            self._loop.call_soon_threadsafe(self._stopped.set)


def _server(app: FastAPI, address: Address) -> _Server:
    return _Server(
        uvicorn.Config(
            app,
            host=address.host,
            port=address.port,
            log_config=None,
            access_log=False,
            server_header=False,
            backlog=BACKLOG,
            ws="websockets-sansio",
            ws_max_size=SOCKET_MESSAGE_BYTES,
            # A text that goes to many sockets is serialised once; compressing it for each would undo that.
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=max(1, int(address.grace)),
        )
    )


def _run(server: uvicorn.Server) -> None:
    """Run until a signal. Exits with code 3 where the start fails, which uvicorn alone would call a success."""
    # uvicorn raises the signal once more when it is done, which would kill the process before its exit code and its
    # exit hooks (the last spans) have their turn.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: None)
    _spare_the_collector()
    server.run()
    # To look once more through all that was imported costs ten times as much as the rest of the end, and frees nothing
    # that the end of the process does not.
    gc.freeze()
    if not server.started:
        sys.exit(START_FAILED)


def _spare_the_collector() -> None:
    """Leave what was imported and wired out of every collection, and collect less often.

    By Python's defaults 256 bookings in flight cost the process a seventh of its time in collections that find
    nothing, and stop everything for 120 ms every second: what is in flight is alive, and so is what was imported.
    """
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, *gc.get_threshold()[1:])


def serve(app: FastAPI, address: Address) -> None:
    """Answer HTTP until a signal; requests in flight are finished first."""
    _run(_server(app, address))


def every(
    seconds: float,
    name: str,
    action: Callable[[], Awaitable[object]],
    *,
    only_while: Callable[[], bool] | None = None,
) -> Loop:
    """A loop that does the same again after each pause. A failure is recorded, and the next round tries again.

    With `only_while` nothing is done until that holds, which is looked at once a second.
    """
    expect_errors(name)

    async def loop(stop: asyncio.Event) -> None:
        while not stop.is_set():
            pause = seconds
            if only_while is None or only_while():
                await _round(name, action)
            else:
                pause = min(seconds, LOOK_SECONDS)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)

    return loop


async def _round(name: str, action: Callable[[], Awaitable[object]]) -> None:
    began = time.perf_counter()
    try:
        await action()
    except Exception:  # an entry point's loop: recorded, and tried again
        log.exception("timer_failed", timer=name, outcome="failed", duration_ms=milliseconds_since(began))
        ERRORS.labels(name).inc()
    else:
        log.debug("timer_done", timer=name, outcome="done", duration_ms=milliseconds_since(began))


@dataclass(frozen=True, slots=True)
class Timer:
    """What a worker does again after each pause: in every worker, or only `in_the_leader`, once in the whole service.

    What runs in the leader alone must tolerate running twice: at a hand-over two may lead for a moment.
    """

    name: str
    seconds: float
    action: Callable[[], Awaitable[object]]
    in_the_leader: bool = False


def timer_loops(timers: Sequence[Timer], leads: Callable[[], bool]) -> dict[str, Loop]:
    """A loop for each timer, by its name. `leads` says whether this process is the leader just now."""
    return {
        timer.name: every(timer.seconds, timer.name, timer.action, only_while=leads if timer.in_the_leader else None)
        for timer in timers
    }


@dataclass(frozen=True, slots=True)
class _Failed:
    failures: int
    again_at: float


class OneByOne:
    """Does the same for each of many things, so that one which fails holds up no other.

    What failed is logged and counted under the timer's `name`, and left alone for a pause that grows with its failures.
    That is remembered in memory alone: after a restart each is tried once more, which is harmless.
    """

    def __init__(self, name: str, pause: GrowingPause, clock: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._pause = pause
        self._clock = clock
        self._failed: dict[Hashable, _Failed] = {}

    async def attempt(self, thing: Hashable, action: Callable[[], Awaitable[bool]]) -> bool:
        """What the action returns; False where it fails, or failed too short a time ago to be tried again."""
        before = self._failed.get(thing)
        if before and self._clock() < before.again_at:
            return False
        try:
            is_done = await action()
        except Exception:  # an entry point's loop: recorded, and tried again
            failures = before.failures + 1 if before else 1
            pause = self._leave_alone(thing, failures)
            log.exception("one_failed", timer=self._name, thing=str(thing), failures=failures, retry_in=pause)
            ERRORS.labels(self._name).inc()
            return False
        self._failed.pop(thing, None)
        return is_done

    def _leave_alone(self, thing: Hashable, failures: int) -> float:
        """Returns for how many seconds. Things that were not attempted for long after they were due are dropped."""
        pause, longest = self._pause.after(failures).total_seconds(), self._pause.longest.total_seconds()
        present = self._clock()
        self._failed = {each: known for each, known in self._failed.items() if present < known.again_at + longest}
        self._failed[thing] = _Failed(failures, present + pause)
        return pause


@dataclass(slots=True)
class _Worker:
    loops: Mapping[str, Loop]
    grace: float
    stop_server: Callable[[], None] = field(default=lambda: None)
    failed: bool = False

    @asynccontextmanager
    async def running(self, _app: FastAPI) -> AsyncGenerator[None]:
        stop = asyncio.Event()
        tasks = [asyncio.create_task(self._run(name, loop, stop)) for name, loop in self.loops.items()]
        yield
        stop.set()
        _, late = await asyncio.wait(tasks, timeout=self.grace)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        if late:
            log.warning("loops_cancelled", count=len(late), grace=self.grace)

    async def _run(self, name: str, loop: Loop, stop: asyncio.Event) -> None:
        try:
            await loop(stop)
        except Exception:  # an entry point's loop: recorded, and the process ends
            log.exception("loop_failed", loop=name)
            ERRORS.labels(name).inc()
            self.failed = True
        if not stop.is_set():
            self.failed = True
            self.stop_server()


def work(
    loops: Mapping[str, Loop],
    readiness: Mapping[str, ReadinessCheck],
    resources: Callable[[], AbstractAsyncContextManager[None]],
    address: Address,
) -> None:
    """Run background loops beside a small health server until a signal, or until one of them ends by itself.

    Each loop gets an event and returns soon after it is set. What has not returned within the grace period is
    cancelled. A loop that fails ends the process with exit code 1, and its supervisor starts it again. `resources`
    is open around all loops.
    """
    worker = _Worker(loops, address.grace)
    expect_errors(*loops)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with resources(), worker.running(app):
            yield

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, lifespan=lifespan, telemetry=NO_NATIVE_TELEMETRY)
    app.include_router(health_router(readiness))
    server = _server(app, address)
    worker.stop_server = server.stop
    _run(server)
    if worker.failed:
        sys.exit(1)
