"""Waiting for what other processes and loops bring about."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

POLL_SECONDS: Final = 0.1
PATIENCE_SECONDS: Final = 120.0


class NeverHappened(Exception):
    """What the seeding waited for did not come about; the message says what."""


async def wait_until[Found](condition: Callable[[], Awaitable[Found]], what: str) -> Found:
    """The first answer that is true. Raises `NeverHappened` after two minutes."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (found := await condition()):  # noqa: ASYNC110 - other processes send no events
                await asyncio.sleep(POLL_SECONDS)
            return found
    except TimeoutError as error:
        raise NeverHappened(f"timed out waiting for {what}") from error
