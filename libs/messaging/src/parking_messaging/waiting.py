"""Waiting for one of several things, or for a while."""

import asyncio


async def wait_for_any(*events: asyncio.Event, timeout: float) -> None:  # noqa: ASYNC109 - running out is not an error
    """Return as soon as one event is set, or after `timeout` seconds."""
    if any(event.is_set() for event in events):
        return
    waiters = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiters, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for waiter in waiters:
            waiter.cancel()
