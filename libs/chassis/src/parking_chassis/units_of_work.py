"""Units of work: one transaction, in somebody's name, that publishes what its repositories saved."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from parking_kernel.askers import Asker
from parking_kernel.changes import Aggregate, Changes


# Not slotted: an instance of a generic, frozen and slotted class cannot be made by its subscript (CPython 3.12).
@dataclass(frozen=True)
class Transaction[A: Aggregate]:
    """What repositories are made of: a connection, who asks, and where they note what they load and save."""

    connection: AsyncConnection
    asker: Asker
    changes: Changes[A]


@dataclass(frozen=True)
class UnitsOfWork[Work, A: Aggregate]:
    """How a service makes them: `build` makes the repositories, `publish` writes the events of what they saved."""

    build: Callable[[Transaction[A]], Work]
    publish: Callable[[AsyncConnection, Sequence[A]], Awaitable[None]]

    @asynccontextmanager
    async def on(self, connection: AsyncConnection, asker: Asker) -> AsyncGenerator[Work]:
        """A unit of work within a transaction that something else opened and commits, such as a consumer.

        Raises `UnsavedChanges` at its end where an aggregate has events that no repository saved.
        """
        changes = Changes[A]()
        yield self.build(Transaction(connection, asker, changes))
        if changed := changes.to_publish():
            await self.publish(connection, changed)

    def opened_on(self, engine: AsyncEngine) -> Callable[[Asker], AbstractAsyncContextManager[Work]]:
        """`async with open_work(asker) as work:` is one transaction.

        It commits when the block ends and rolls back when the block raises. Nothing else commits.
        """

        @asynccontextmanager
        async def open_work(asker: Asker) -> AsyncGenerator[Work]:
            async with engine.begin() as connection, self.on(connection, asker) as work:
                yield work

        return open_work
