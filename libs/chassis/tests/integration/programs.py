"""Small processes on chassis, started by the tests: `python programs.py <name> <port>`."""

import asyncio
import gc
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import count

from fastapi import FastAPI

from parking_chassis.logs import configure_logs
from parking_chassis.process import Address, Loop, every, serve, work

PAUSE = 0.05


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


@asynccontextmanager
async def resources() -> AsyncGenerator[None]:
    say("opened")
    yield
    say("closed")


async def until_stopped(stop: asyncio.Event) -> None:
    await stop.wait()
    say("drained")


async def deaf(_stop: asyncio.Event) -> None:
    await asyncio.Event().wait()


async def failing(_stop: asyncio.Event) -> None:
    raise LookupError("this loop is broken")


async def finishing(_stop: asyncio.Event) -> None:
    """Ends though nobody asked it to."""


async def away() -> None:
    raise ConnectionError("the dependency is away")


def recovering() -> Loop:
    """A timer that fails the first time."""
    rounds = count()

    async def act() -> None:
        if next(rounds) == 0:
            raise LookupError("not yet")
        say("succeeded")

    return every(PAUSE, "recovering", act)


def slow_app() -> FastAPI:
    """Answers as soon as a line comes on its standard input."""
    app = FastAPI()

    @app.get("/slow")
    async def slow() -> str:
        say("began")
        await asyncio.to_thread(sys.stdin.readline)
        return "done"

    @app.get("/collected")
    async def collected() -> tuple[int, int]:
        return len(gc.get_objects()), gc.get_freeze_count()

    return app


def broken_app() -> FastAPI:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        if _app:
            raise ConnectionError("the start fails")
        yield

    return FastAPI(lifespan=lifespan)


def main() -> None:
    name, port = sys.argv[1], int(sys.argv[2])
    configure_logs("test", "INFO")
    address = Address("127.0.0.1", port, grace=2)
    loops: dict[str, dict[str, Loop]] = {
        "work": {"until_stopped": until_stopped},
        "unready": {"until_stopped": until_stopped},
        "deaf": {"until_stopped": until_stopped, "deaf": deaf},
        "failing": {"until_stopped": until_stopped, "failing": failing},
        "finishing": {"until_stopped": until_stopped, "finishing": finishing},
        "recovering": {"recovering": recovering()},
    }
    if name in loops:
        work(loops[name], {"dependency": away} if name == "unready" else {}, resources, address)
    else:
        serve(broken_app() if name == "broken" else slow_app(), address)


if __name__ == "__main__":
    main()
