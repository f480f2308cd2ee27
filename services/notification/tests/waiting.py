"""Waiting for something to come true, never for a fixed time."""

import asyncio
import time
from collections.abc import Awaitable, Callable


async def wait_until[Found](look: Callable[[], Awaitable[Found]], seconds: float = 30.0) -> Found:
    """What `look` finds, as soon as it finds something."""
    deadline = time.monotonic() + seconds
    while not (found := await look()):
        assert time.monotonic() < deadline, f"nothing came within {seconds} s"
        await asyncio.sleep(0.02)
    return found
