"""The relay's side of the outbox: one connection holds the lock, reads and marks.

The lock is a session's advisory lock, so the connection must reach PostgreSQL itself, not through a pooler that shares
sessions. Since marking uses the same connection, a relay that lost its lock cannot mark either.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import timedelta
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Final

import asyncpg

from parking_messaging.failures import BacklogLost
from parking_messaging.ports import BacklogState
from parking_messaging.records import OutboxRow, Subject, Unsent

# InternalClientError is what asyncpg raises when the connection breaks under a statement that is being sent.
_BROKEN: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)

_COLUMNS: Final = "seq, id, aggregatetype, aggregateid, version, partition_key, type, payload, headers, created_at"
_NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})

_UNSENT: Final = f"""
    SELECT {_COLUMNS} FROM outbox WHERE sent_at IS NULL ORDER BY seq LIMIT $1
"""  # noqa: S608 - a constant
_UNSENT_BUT_HELD: Final = f"""
    SELECT {_COLUMNS} FROM outbox
    WHERE sent_at IS NULL
      AND (aggregatetype, aggregateid) NOT IN (SELECT * FROM unnest($2::text[], $3::text[]))
    ORDER BY seq LIMIT $1
"""  # noqa: S608 - a constant
_MARK: Final = "UPDATE outbox SET sent_at = now() WHERE seq = ANY($1::bigint[])"
_STATE: Final = """
    SELECT (SELECT count(*) FROM outbox WHERE sent_at IS NULL) AS unsent,
           (SELECT extract(epoch FROM clock_timestamp() - created_at)
            FROM outbox WHERE sent_at IS NULL ORDER BY seq LIMIT 1) AS age
"""
# The oldest rows have the lowest numbers: this reads no further than it deletes.
_DELETE: Final = """
    DELETE FROM outbox WHERE seq IN (
        SELECT seq FROM (SELECT seq, sent_at FROM outbox WHERE sent_at IS NOT NULL ORDER BY seq LIMIT $1) AS oldest
        WHERE sent_at < now() - $2::interval
    )
"""


def relay_lock(service: str) -> int:
    """The number of a service's advisory lock."""
    return int.from_bytes(sha256(f"outbox relay of {service}".encode()).digest()[:8], signed=True)


def connect_backlog(
    database_url: str, service: str, *, command_timeout: float = 10.0
) -> Callable[[], Awaitable["PostgresBacklog"]]:
    """How a relay opens its backlog; takes SQLAlchemy's URLs too. `command_timeout` is in seconds."""
    dsn = database_url.replace("postgresql+asyncpg://", "postgresql://", 1)

    async def connect() -> PostgresBacklog:
        # A mark that a crash of the database forgets means one more publication, which is allowed; waiting for the
        # disk with each batch is not needed.
        try:
            connection = await asyncpg.connect(
                dsn,
                timeout=5,
                command_timeout=command_timeout,
                server_settings={"synchronous_commit": "off", "application_name": f"{service} relay"},
            )
        except _BROKEN as error:
            raise BacklogLost(f"the outbox cannot be reached: {error!r}") from error
        return PostgresBacklog(connection, relay_lock(service))

    return connect


class PostgresBacklog:
    """See `Backlog`."""

    def __init__(self, connection: "asyncpg.Connection[Any]", lock: int) -> None:
        self.lost = asyncio.Event()
        self._connection = connection
        self._lock = lock
        connection.add_termination_listener(self._terminated)

    def _terminated(self, _connection: object) -> None:
        self.lost.set()

    async def acquire(self) -> bool:
        """Try to take the lock; waiting inside PostgreSQL would hold back its vacuum."""
        return bool(await self._fetchval("SELECT pg_try_advisory_lock($1)", self._lock))

    async def check(self) -> None:
        """The lock lives as long as the connection: ask it anything."""
        await self._fetchval("SELECT 1")

    async def unsent(self, limit: int, held: Collection[Subject]) -> list[Unsent]:
        """Read the next batch. Always the first unsent rows: a lower `seq` may commit after a higher one."""
        if held:
            topics, ids = [subject.topic for subject in held], [subject.id for subject in held]
            rows = await self._fetch(_UNSENT_BUT_HELD, limit, topics, ids)
        else:
            rows = await self._fetch(_UNSENT, limit)
        return [_unsent(row) for row in rows]

    async def mark_sent(self, seqs: Sequence[int]) -> None:
        """Mark a batch in one statement."""
        await self._execute(_MARK, list(seqs))

    async def state(self) -> BacklogState:
        """Count what waits."""
        (row,) = await self._fetch(_STATE)
        return BacklogState(unsent=row["unsent"], oldest_age=max(0.0, float(row["age"] or 0)))

    async def delete_sent(self, older_than: timedelta, limit: int) -> int:
        """Delete the oldest sent rows."""
        return int((await self._execute(_DELETE, limit, older_than)).removeprefix("DELETE "))

    async def close(self) -> None:
        """Close the connection, which frees the lock; at once if it does not answer."""
        try:
            await self._connection.close(timeout=2)
        except _BROKEN:
            self._connection.terminate()

    async def _fetch(self, query: str, *arguments: object) -> list[Any]:
        return await self._guarded(self._connection.fetch, query, *arguments)

    async def _fetchval(self, query: str, *arguments: object) -> object:
        return await self._guarded(self._connection.fetchval, query, *arguments)

    async def _execute(self, query: str, *arguments: object) -> str:
        return await self._guarded(self._connection.execute, query, *arguments)

    async def _guarded[T](self, call: Callable[..., Awaitable[T]], query: str, *arguments: object) -> T:
        if self.lost.is_set():
            raise BacklogLost("the connection that holds the relay's lock is gone")
        try:
            return await call(query, *arguments)
        except _BROKEN as error:
            raise BacklogLost(f"the outbox cannot be used: {type(error).__name__}: {error}") from error


def _unsent(row: Any) -> Unsent:
    """Columns by place, as `_COLUMNS` names them."""
    seq, *values, headers, created_at = row
    own = json.loads(headers) if headers != "{}" else _NO_HEADERS
    return Unsent(seq, OutboxRow._make((*values, own)), created_at)
