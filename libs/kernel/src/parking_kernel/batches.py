"""Work on many things: at the same time, of which some may fail, or batch by batch."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable


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
