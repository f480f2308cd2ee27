"""Work on many things: at the same time, of which some may fail, or batch by batch."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from parking_kernel.askers import THE_SERVICE, Asker


class Attempts(Protocol):
    """Does the same for each of many things, so that one which fails holds up no other."""

    async def attempt(self, thing: Hashable, action: Callable[[], Awaitable[bool]]) -> bool:
        """What the action returns; False where it fails, or failed too short a time ago to be tried again."""
        ...


async def finish_all(works: Iterable[Awaitable[object]], message: str) -> None:
    """Wait until all have ended, and only then raise what failed: a single failure itself, several as a group.

    Raises that failure, or a `BaseExceptionGroup` of all of them under the message.
    """
    outcomes = await asyncio.gather(*works, return_exceptions=True)
    if failures := [outcome for outcome in outcomes if isinstance(outcome, BaseException)]:
        raise failures[0] if len(failures) == 1 else BaseExceptionGroup(message, failures)


async def until_all(settle: Callable[[int], Awaitable[int]], limit: int) -> int:
    """Settle at most `limit` things again and again, until a batch is not full; how many in all.

    Each call is its own transaction: no lock lasts long, and a stop in between loses nothing.
    """
    settled = batch = await settle(limit)
    while batch >= limit:
        batch = await settle(limit)
        settled += batch
    return settled


async def until_all_in[Work](
    open_work: Callable[[Asker], AbstractAsyncContextManager[Work]],
    settle: Callable[[Work, int], Awaitable[int]],
    limit: int,
) -> int:
    """`until_all`, where each batch is a unit of work of the service's own; how many in all."""

    async def batch(most: int) -> int:
        async with open_work(THE_SERVICE) as work:
            return await settle(work, most)

    return await until_all(batch, limit)


async def attempt_all[Place](
    page: Callable[[Place | None], Awaitable[Sequence[Place]]], limit: int, attempt: Callable[[Place], Awaitable[bool]]
) -> int:
    """Attempt each thing of a list, page by page until one is not full; how many were done.

    A page of at most `limit` begins after the last place of the one before: those that fail hide none behind them.
    """
    done, after = 0, None
    while True:
        places = await page(after)
        for place in places:
            done += await attempt(place)
        if len(places) < limit:
            return done
        after = places[-1]
