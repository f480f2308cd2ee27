"""Waiting for one of several things, or for a while, but never beyond the order to stop."""

import asyncio
from collections.abc import Awaitable


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


async def finish_or_stop[T](work: Awaitable[T], stop: asyncio.Event, *, grace: float = 0.0) -> T | None:
    """The result of `work`; or None, the work cancelled, where it goes on for `grace` seconds after `stop` was set."""
    task = asyncio.ensure_future(work)
    stopped = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            await asyncio.wait({task}, timeout=grace)
        return task.result() if task.done() else None
    finally:
        stopped.cancel()
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
