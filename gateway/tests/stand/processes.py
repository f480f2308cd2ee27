"""What runs beside a test, and waiting for it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

PATIENCE_SECONDS = 15.0


async def wait_for(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    """Wait for the condition, with a deadline."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                if await condition():
                    return
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"waited {PATIENCE_SECONDS} s for {what}") from None


async def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Wait for a condition that needs no waiting itself."""

    async def holds() -> bool:
        return condition()

    await wait_for(holds, what)


@asynccontextmanager
async def in_background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """The work in this event loop; it is awaited at the end, so the code that starts it also has to stop it."""
    async with asyncio.TaskGroup() as group:
        group.create_task(work)
        yield
