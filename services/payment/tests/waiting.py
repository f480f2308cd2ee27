"""Waiting for a condition, with a deadline."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable

DEADLINE = 15.0


async def wait_until(condition: Callable[[], bool | Awaitable[bool]], seconds: float = DEADLINE) -> None:
    """Look again and again until the condition holds. Raises `TimeoutError`."""
    async with asyncio.timeout(seconds):
        while True:
            outcome = condition()
            if await outcome if inspect.isawaitable(outcome) else outcome:
                return
            await asyncio.sleep(0.02)
