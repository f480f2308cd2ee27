"""Units of work in memory, for the unit tests of a service."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol, Self

from parking_kernel.askers import Asker
from parking_kernel.changes import Aggregate, Changes


class Tables(Protocol):
    """What a service's fakes keep, in the place of its database."""

    def copy(self) -> Self:
        """A draft that a transaction works on."""
        ...

    def take_over(self, draft: Self) -> None:
        """Be as the draft is."""
        ...


def in_memory_units_of_work[T: Tables, Work, A: Aggregate](
    tables: T, build: Callable[[T, Asker, Changes[A]], Work], publish: Callable[[T, Sequence[A]], None]
) -> Callable[[Asker], AbstractAsyncContextManager[Work]]:
    """As `parking_chassis.units_of_work.UnitsOfWork` opens them, one at a time.

    Each works on a draft, which takes the place of the tables when its block ends well.
    """
    lock = asyncio.Lock()

    @asynccontextmanager
    async def open_work(asker: Asker) -> AsyncGenerator[Work]:
        async with lock:
            draft, changes = tables.copy(), Changes[A]()
            yield build(draft, asker, changes)
            publish(draft, changes.to_publish())
            tables.take_over(draft)

    return open_work
