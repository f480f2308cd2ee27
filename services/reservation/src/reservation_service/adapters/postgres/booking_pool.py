"""Connections of the driver itself, for the booking path, and the one queue for them."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from parking_chassis.database import connection_settings, is_away, with_retries
from parking_chassis.telemetry import statement_span

CONNECT_SECONDS = 5.0
STATEMENT_SECONDS = 10.0
CLOSE_SECONDS = 5.0

_DEADLOCKS = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
_FAILURES = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError, asyncpg.PostgresError)


class DatabaseAway(ConnectionError):
    """The database cannot be asked at the moment, or all connections to it are taken."""


class AllTaken(DatabaseAway):
    """No connection was free in reasonable time."""


class Fetching(Protocol):
    """Something that statements can be put to, each a transaction of its own."""

    async def fetch(self, statement: str, *values: object) -> list[asyncpg.Record]:
        """The rows of a statement, which is tried again after a deadlock. Raises `DatabaseAway`."""
        ...


class ConcurrencyLimiter:
    """First come, first served: so many at once, the others wait in one queue, for so many seconds at most.

    Without a limit all of many clients first ask for the free spots, and then book by lists that are stale by the time
    the database gets to them: measured with 256 clients on 100 spots, most of the attempts failed. And the connection
    pool's own queue is overtaken: a request that it wakes must still win against one that asks just then, and else goes
    to its end; of many clients one in fifty waited a second where the others waited none.

    A request that has waited once and comes `again` is served before those that have not. None of them starves: each
    comes again at most once.
    """

    def __init__(self, at_once: int, patience: float) -> None:
        self._free = at_once  # above 0 only while nobody waits
        self._patience = patience
        self._again = deque[asyncio.Future[None]]()
        self._new = deque[asyncio.Future[None]]()

    @asynccontextmanager
    async def entered(self, *, again: bool = False) -> AsyncGenerator[None]:
        """A permit, for as long as the block lasts. Raises `AllTaken` when it takes too long to come."""
        if self._free:
            self._free -= 1
        else:
            await self._wait(self._again if again else self._new)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, queue: deque[asyncio.Future[None]]) -> None:
        permit = asyncio.get_running_loop().create_future()
        queue.append(permit)
        is_taken = False
        try:
            async with asyncio.timeout(self._patience):
                await permit
            is_taken = True
        except TimeoutError as error:
            raise AllTaken("TimeoutError: all connections are taken") from error
        finally:
            if not is_taken and not permit.cancelled():
                self._pass_on()  # it came at the very moment when the request was given up

    def _pass_on(self) -> None:
        for queue in (self._again, self._new):
            while queue:
                permit = queue.popleft()
                if not permit.done():  # as one is that was given up
                    permit.set_result(None)
                    return
        self._free += 1


class BookingPool:
    """Opened at first use. What waited in its queue has a connection at once: the driver's pool only stores them."""

    def __init__(self, database_url: str, size: int, patience: float, *, statement_timeout: float = 15.0) -> None:
        self._database_url = database_url
        self._size = size
        self._statement_timeout = statement_timeout
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._opening = asyncio.Lock()
        self._limiter = ConcurrencyLimiter(size, patience)

    async def fetch(self, statement: str, *values: object) -> list[asyncpg.Record]:
        """The rows of a statement, which is tried again after a deadlock. Raises `DatabaseAway`."""
        async with self.connection() as connection:
            return await connection.fetch(statement, *values)

    @asynccontextmanager
    async def connection(self, *, again: bool = False) -> AsyncGenerator[Fetching]:
        """A connection of one's own for several statements. Raises `AllTaken`, and otherwise `DatabaseAway`.

        A request that had one before, and comes `again`, does not wait behind those that had none.
        """
        async with self._limiter.entered(again=again):
            pool, connection = await self._acquired()
            try:
                yield _Connection(connection)
            finally:
                await pool.release(connection, timeout=CLOSE_SECONDS)

    def connections(self) -> tuple[int, int]:
        """How many are in use, and how many are idle."""
        if self._pool is None:
            return 0, 0
        idle = self._pool.get_idle_size()
        return self._pool.get_size() - idle, idle

    async def close(self) -> None:
        """Finish what is under way and close the connections; one that hangs is cut off."""
        if self._pool is None:
            return
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()

    async def _acquired(self) -> "tuple[asyncpg.Pool[asyncpg.Record], PoolConnectionProxy[asyncpg.Record]]":
        try:
            pool = self._pool or await self._opened()
            return pool, await pool.acquire(timeout=CONNECT_SECONDS)
        except _FAILURES as error:
            if _is_away(error):
                raise _away(error) from error
            raise

    async def _opened(self) -> "asyncpg.Pool[asyncpg.Record]":
        async with self._opening:
            if self._pool is None:
                # Nothing connects yet: with a database that hangs, all would wait here for one another.
                self._pool = await asyncpg.create_pool(
                    self._database_url,
                    min_size=0,
                    max_size=self._size,
                    timeout=CONNECT_SECONDS,
                    command_timeout=STATEMENT_SECONDS,
                    reset=_as_it_was,
                    server_settings=connection_settings("reservation-booking", self._statement_timeout),
                )
        return self._pool


class _Connection:
    """See `Fetching`. The booking path has no time for a transaction of several round trips."""

    def __init__(self, connection: "PoolConnectionProxy[asyncpg.Record]") -> None:
        self._connection = connection

    async def fetch(self, statement: str, *values: object) -> list[asyncpg.Record]:
        """The rows of a statement, which is tried again after a deadlock. Raises `DatabaseAway`."""
        try:
            try:
                return await self._fetched(statement, values)
            except _DEADLOCKS:
                return await with_retries(lambda: self._fetched(statement, values))
        except _FAILURES as error:
            if _is_away(error):
                raise _away(error) from error
            raise

    async def _fetched(self, statement: str, values: Sequence[object]) -> list[asyncpg.Record]:
        with statement_span("booking", statement):
            return await self._connection.fetch(statement, *values)


def _away(error: Exception) -> DatabaseAway:
    return DatabaseAway(f"{type(error).__name__}: {error}")


def _is_away(error: Exception) -> bool:
    """Whether the database is to blame, not the statement. Time-outs are OSErrors; wrong values are ValueErrors."""
    return is_away(error) if isinstance(error, asyncpg.PostgresError) else not isinstance(error, ValueError)


async def _as_it_was(_connection: "PoolConnectionProxy[asyncpg.Record] | asyncpg.Connection[asyncpg.Record]") -> None:
    """Nothing here changes a connection, so nothing has to be put back: asyncpg's own way is a round trip each time."""
