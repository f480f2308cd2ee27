"""The relay's side of the outbox: one connection holds the lock, reads and marks.

The lock is a session's advisory lock, so the connection must reach PostgreSQL itself, not through a pooler that shares
sessions. Since marking uses the same connection, a relay that lost its lock cannot mark either.

PostgreSQL by itself keeps the session of a client that says nothing: without end where its process stands still, for
two hours where its machine is gone. So this session asks to be ended after a few seconds (`HAND_OVER`).
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from datetime import timedelta
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Final

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement

from parking_messaging.adapters.postgres_outbox_state import OUTBOX_STATE, backlog_state
from parking_messaging.failures import BacklogLost
from parking_messaging.ports import BacklogState
from parking_messaging.records import OutboxRow, Subject, Unsent

# InternalClientError is what asyncpg raises when the connection breaks under a statement that is being sent.
_BROKEN: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)

HAND_OVER: Final[Mapping[str, str]] = MappingProxyType(
    {
        # Between two statements, where a holder that lives asks at least once a second.
        "idle_session_timeout": "4s",
        "idle_in_transaction_session_timeout": "4s",
        # Within one; the session is idle after that.
        "statement_timeout": "4s",
        # While its result is sent to a client that reads nothing: no time-out of a statement interrupts that.
        "tcp_user_timeout": "4s",
        # A machine that is gone, also between the messages of one statement.
        "tcp_keepalives_idle": "2s",
        "tcp_keepalives_interval": "1s",
        "tcp_keepalives_count": "2",
        "client_connection_check_interval": "1s",
    }
)
"""What frees the lock of a relay that stands still or is gone. At most two of these follow each other, and then the
stand-by asks: 9 seconds in all."""

_CLOSE_TIMEOUT: Final = 2.0

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
# The oldest rows have the lowest numbers: this reads no further than it deletes.
_DELETE: Final = """
    WITH deleted AS (
        DELETE FROM outbox WHERE seq IN (
            SELECT seq FROM (SELECT seq, sent_at FROM outbox WHERE sent_at IS NOT NULL ORDER BY seq LIMIT $1) AS oldest
            WHERE sent_at < now() - $2::interval
        ) RETURNING seq
    )
    SELECT count(*) FROM deleted
"""
_LOCK: Final = "SELECT pg_try_advisory_lock($1)"
_CHECK: Final = "SELECT 1"
_STATEMENTS: Final = (_LOCK, _CHECK, _UNSENT, _UNSENT_BUT_HELD, _MARK, OUTBOX_STATE, _DELETE)


def relay_lock(service: str) -> int:
    """The number of a service's advisory lock."""
    return int.from_bytes(sha256(f"outbox relay of {service}".encode()).digest()[:8], signed=True)


def connect_backlog(
    database_url: str,
    service: str,
    *,
    command_timeout: float = 5.0,
    session_settings: Mapping[str, str] = HAND_OVER,
) -> Callable[[], Awaitable["PostgresBacklog"]]:
    """How a relay opens its backlog; takes SQLAlchemy's URLs too.

    `command_timeout` (seconds) is for a server that does not answer at all: one that does ends a statement before.
    `session_settings` bound how long PostgreSQL leaves the lock with a holder that is silent.
    """
    dsn = database_url.replace("postgresql+asyncpg://", "postgresql://", 1)

    async def connect() -> PostgresBacklog:
        # A mark that is lost in a crash of the database means one more publication, which is allowed; waiting for the
        # disk with each batch is not needed.
        settings = {"synchronous_commit": "off", "application_name": f"{service} relay", **session_settings}
        try:
            connection = await asyncpg.connect(
                dsn, timeout=5, command_timeout=command_timeout, server_settings=settings
            )
            return PostgresBacklog(connection, relay_lock(service), await _prepared(connection))
        except _BROKEN as error:
            raise BacklogLost(f"the outbox cannot be reached: {error!r}") from error

    return connect


async def _prepared(connection: "asyncpg.Connection[Any]") -> dict[str, "PreparedStatement[Any]"]:
    """All statements, before the lock is asked for.

    Between the parse of a statement and its execution the driver waits for an answer, and PostgreSQL for the driver: no
    time-out of its session runs there, so a process that froze at that place would keep the lock.
    """
    with ExitStack() as undoing:
        undoing.callback(connection.terminate)
        prepared = {statement: await connection.prepare(statement) for statement in _STATEMENTS}
        undoing.pop_all()
    return prepared


class PostgresBacklog:
    """See `Backlog`."""

    def __init__(
        self, connection: "asyncpg.Connection[Any]", lock: int, statements: Mapping[str, "PreparedStatement[Any]"]
    ) -> None:
        self.lost = asyncio.Event()
        self._connection = connection
        self._lock = lock
        self._statements = statements
        connection.add_termination_listener(self._terminated)

    def _terminated(self, _connection: object) -> None:
        self.lost.set()

    async def acquire(self) -> bool:
        """Try to take the lock; waiting inside PostgreSQL would hold back its vacuum."""
        ((is_ours,),) = await self._fetch(_LOCK, self._lock)
        return bool(is_ours)

    async def check(self) -> None:
        """The lock lives as long as the connection: ask it anything."""
        await self._fetch(_CHECK)

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
        await self._fetch(_MARK, list(seqs))

    async def state(self) -> BacklogState:
        """Count what waits."""
        (row,) = await self._fetch(OUTBOX_STATE)
        return backlog_state(row)

    async def delete_sent(self, older_than: timedelta, limit: int) -> int:
        """Delete the oldest sent rows."""
        ((deleted,),) = await self._fetch(_DELETE, limit, older_than)
        return deleted

    async def close(self) -> None:
        """Close the connection, which frees the lock; at once if it does not answer.

        The driver's own time-out does not bound what it does first: ask the server to cancel what is under way.
        """
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT):
                await self._connection.close()
        except _BROKEN:
            self._connection.terminate()

    async def _fetch(self, statement: str, *arguments: object) -> list[Any]:
        if self.lost.is_set():
            raise BacklogLost("the connection that holds the relay's lock is gone")
        try:
            return await self._statements[statement].fetch(*arguments)
        except _BROKEN as error:
            raise BacklogLost(f"the outbox cannot be used: {type(error).__name__}: {error}") from error


def _unsent(row: Any) -> Unsent:
    """Columns by place, as `_COLUMNS` names them."""
    seq, *values, headers, created_at = row
    own = json.loads(headers) if headers != "{}" else _NO_HEADERS
    return Unsent(seq, OutboxRow._make((*values, own)), created_at)
