"""Answers to requests with an `Idempotency-Key`, in the database and transaction of what they did, sealed.

A request that runs holds an advisory lock of its key until its transaction ends, so that the same request beside it
learns at once that it is in flight. A claim with a lease is a row without an answer, which counts until its time is
over: the process that made it may have crashed.
"""

from datetime import timedelta
from hashlib import blake2b

from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    delete,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from parking_chassis.sealing import Sealer
from parking_chassis.tables import instant
from parking_kernel.repeatable import Answer, InFlight, KeyReused, RequestKey

LOCK_BYTES = 8
SEALED = b"\x01"
"""How a sealed answer begins. One without it was stored before answers were sealed; it is purged within a week."""


def idempotency_table(metadata: MetaData) -> Table:
    """Attach the table to a service's metadata. Its migrations make it with `CREATE_IDEMPOTENCY_TABLE`."""
    return Table(
        "idempotency_keys",
        metadata,
        Column("scope", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("fingerprint", LargeBinary, nullable=False),
        Column("claimed_until", instant()),
        Column("status", SmallInteger),
        Column("body", LargeBinary),
        Column("created_at", instant(), nullable=False, server_default=text("now()")),
        Index("ix_idempotency_keys_created_at", "created_at"),
    )


# Frozen, as migrations are: a change comes as new statements.
CREATE_IDEMPOTENCY_TABLE = (
    """
    CREATE TABLE idempotency_keys (
        scope text NOT NULL,
        key text NOT NULL,
        fingerprint bytea NOT NULL,
        claimed_until timestamptz,
        status smallint,
        body bytea,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_idempotency_keys PRIMARY KEY (scope, key)
    )
    """,
    "CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at)",
)


def lock_of(key: RequestKey) -> int:
    """A 64-bit number for the advisory lock; of two keys that share it, one would be asked to come again."""
    digest = blake2b(f"{key.scope}\0{key.key}".encode(), digest_size=LOCK_BYTES).digest()
    return int.from_bytes(digest, signed=True)


def sealed_body(sealer: Sealer, key: RequestKey, body: bytes) -> bytes:
    """An answer's body as it is stored: it may hold a token, which must not lie there in plain text."""
    return SEALED + sealer.seal(body, _purpose(key))


def opened_body(sealer: Sealer, key: RequestKey, stored: bytes) -> bytes:
    """An answer's body. Raises `CannotOpen`."""
    return sealer.open(stored[1:], _purpose(key)) if stored.startswith(SEALED) else stored


class PostgresAnswers:
    """See `parking_kernel.repeatable.Answers`."""

    def __init__(self, connection: AsyncConnection, table: Table, sealer: Sealer) -> None:
        self._connection = connection
        self._table = table
        self._sealer = sealer

    async def claim(self, key: RequestKey, lease: timedelta | None = None) -> Answer | None:
        """The first answer to this key; without one, the key is ours. Raises `KeyReused` and `InFlight`."""
        if not (await self._connection.execute(select(func.pg_try_advisory_xact_lock(lock_of(key))))).scalar_one():
            raise InFlight(key.key)
        # A statement of its own, so that its snapshot is younger than the lock.
        is_claimed = (self._table.c.claimed_until > func.clock_timestamp()).label("is_claimed")
        row = (await self._connection.execute(select(self._table, is_claimed).where(self._is(key)))).first()
        if row is not None:
            if row.fingerprint != key.fingerprint:
                raise KeyReused(key.key)
            if row.status is not None:
                return Answer(row.status, opened_body(self._sealer, key, row.body), replayed=True)
            if row.is_claimed:
                raise InFlight(key.key)
        if lease is not None:
            await self._write(key, claimed_until=func.clock_timestamp() + lease)
        return None

    async def store(self, key: RequestKey, answer: Answer) -> None:
        """Store the answer of a key that was claimed."""
        await self._write(key, status=answer.status, body=sealed_body(self._sealer, key, answer.body))

    async def release(self, key: RequestKey) -> None:
        """Give up a claim without an answer."""
        unanswered = self._is(key) & self._table.c.status.is_(None)
        await self._connection.execute(delete(self._table).where(unanswered))

    async def purge(self, older_than: timedelta, limit: int) -> int:
        """Delete at most `limit` answers that were stored for longer; how many."""
        columns = self._table.c
        old = (
            select(columns.scope, columns.key)
            .where(columns.created_at < func.now() - older_than)
            .order_by(columns.created_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .cte("old")
        )
        statement = delete(self._table).where(columns.scope == old.c.scope, columns.key == old.c.key)
        return (await self._connection.execute(statement)).rowcount

    async def _write(self, key: RequestKey, **values: object) -> None:
        statement = insert(self._table).values(scope=key.scope, key=key.key, fingerprint=key.fingerprint, **values)
        columns = self._table.c
        statement = statement.on_conflict_do_update(
            index_elements=[columns.scope, columns.key], set_=values, where=columns.status.is_(None)
        )
        await self._connection.execute(statement)

    def _is(self, key: RequestKey) -> ColumnElement[bool]:
        return (self._table.c.scope == key.scope) & (self._table.c.key == key.key)


def _purpose(key: RequestKey) -> str:
    return f"answer\0{key.scope}\0{key.key}"
