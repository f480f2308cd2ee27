"""Connections of the driver itself, for the booking path."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from parking_chassis.database import connection_settings, is_away, with_retries
from parking_chassis.telemetry import statement_span

CONNECT_SECONDS = 5.0
STATEMENT_SECONDS = 10.0
CLOSE_SECONDS = 5.0


class DatabaseAway(ConnectionError):
    """The database cannot be asked at the moment, or all connections to it are taken."""


class BookingPool:
    """Opened at first use. Each statement is a transaction of its own: the booking path has no time for a session."""

    def __init__(self, database_url: str, size: int, patience: float, *, statement_timeout: float = 15.0) -> None:
        self._database_url = database_url
        self._size = size
        self._patience = patience
        self._statement_timeout = statement_timeout
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._opening = asyncio.Lock()
        # First come, first served. asyncpg's own queue is overtaken: whoever it wakes must still win against who asks
        # just then, and else goes to its end; in a crowd one in fifty waited a second where the others waited none.
        self._line = asyncio.Semaphore(size)

    async def fetch(self, statement: str, *values: object) -> list[asyncpg.Record]:
        """The rows of a statement, which is tried again after a deadlock. Raises `DatabaseAway`."""
        return await with_retries(lambda: self._fetch(statement, *values))

    def connections(self) -> tuple[int, int]:
        """How many are in use, and how many are idle."""
        if self._pool is None:
            return 0, 0
        idle = self._pool.get_idle_size()
        return self._pool.get_size() - idle, idle

    async def close(self) -> None:
        """Finish what is under way and let the connections go; one that hangs is cut off."""
        if self._pool is None:
            return
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()

    async def _fetch(self, statement: str, *values: object) -> list[asyncpg.Record]:
        try:
            pool = self._pool or await self._opened()
            async with self._turn(), pool.acquire(timeout=self._patience) as connection:
                with statement_span("booking", statement):
                    return await connection.fetch(statement, *values)
        except (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError, asyncpg.PostgresError) as error:
            if _is_away(error):
                raise DatabaseAway(f"{type(error).__name__}: {error}") from error
            raise

    @asynccontextmanager
    async def _turn(self) -> AsyncGenerator[None]:
        async with asyncio.timeout(self._patience):
            await self._line.acquire()
        try:
            yield
        finally:
            self._line.release()

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
                    init=_set_up,
                    reset=_as_it_was,
                    server_settings=connection_settings("reservation-booking", self._statement_timeout),
                )
        return self._pool


def _is_away(error: Exception) -> bool:
    """Whether the database is to blame, not the statement. Time-outs are OSErrors; wrong values are ValueErrors."""
    return is_away(error) if isinstance(error, asyncpg.PostgresError) else not isinstance(error, ValueError)


async def _set_up(connection: "PoolConnectionProxy[asyncpg.Record] | asyncpg.Connection[asyncpg.Record]") -> None:
    await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")


async def _as_it_was(_connection: "PoolConnectionProxy[asyncpg.Record] | asyncpg.Connection[asyncpg.Record]") -> None:
    """Nothing here changes a connection, so nothing has to be put back: asyncpg's own way is a round trip each time."""
