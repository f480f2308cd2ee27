"""Waiting in tests: for a condition, with a deadline, never for a fixed time; and what goes on meanwhile."""

import asyncio
import inspect
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import overload

PAUSE = 0.02
LONGEST_PAUSE = 0.5
PATIENCE = 0.1
"""The share of the time waited so far that passes before the next look: the longer it takes, the rarer the looks."""


class TimedOut(AssertionError):
    """The deadline is past; the message says what did not come true."""


@overload
async def wait_until[Found](
    condition: Callable[[], Awaitable[Found]], what: str, *, seconds: float = 20, pause: float = PAUSE
) -> Found: ...
@overload
async def wait_until[Found](
    condition: Callable[[], Found], what: str, *, seconds: float = 20, pause: float = PAUSE
) -> Found: ...
async def wait_until(
    condition: Callable[[], object], what: str, *, seconds: float = 20, pause: float = PAUSE
) -> object:
    """What the condition gives, as soon as that is true; raises TimedOut after so many seconds.

    At least `pause` lies between two looks (seconds): longer where a look costs those who are waited for.
    """
    began = time.monotonic()
    while True:
        outcome = condition()
        if found := (await outcome if inspect.isawaitable(outcome) else outcome):
            return found
        waited = time.monotonic() - began
        if waited > seconds:
            raise TimedOut(f"timed out after {seconds:.0f} s waiting for {what}")
        await asyncio.sleep(max(pause, min(waited * PATIENCE, LONGEST_PAUSE)))


@asynccontextmanager
async def meanwhile(doing: Coroutine[object, object, object]) -> AsyncGenerator[None]:
    """It goes on for as long as the block lasts. Where it fails, it ends the block with an `ExceptionGroup`."""
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(doing)
        try:
            yield
        finally:
            task.cancel()
