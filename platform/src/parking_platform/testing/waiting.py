"""Waiting in tests: for a condition, with a deadline, never for a fixed time."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable

PAUSE = 0.02


async def wait_until(condition: Callable[[], bool | Awaitable[bool]], what: str, *, seconds: float = 20) -> None:
    """Return as soon as the condition holds; fail with `what` was waited for after so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        outcome = condition()
        if await outcome if inspect.isawaitable(outcome) else outcome:
            return
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain for {what}"
        await asyncio.sleep(PAUSE)
