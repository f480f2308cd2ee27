"""Logins that ended while access tokens of theirs may still be valid: the table, and who writes and clears it.

The worker consumes auth's events and writes here; each serving process reads what is new
(`parking_chassis.revocations`). The table lies where the connection's `search_path` points. A service attaches it to
its metadata, and its migration makes it with `create_ended_logins`; a test compares the two.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, MetaData, Table, Uuid, text
from sqlalchemy.ext.asyncio import AsyncConnection

from parking_chassis.access_tokens import LONGEST_LIFETIME
from parking_chassis.tables import instant

REMEMBERED: Final = LONGEST_LIFETIME + timedelta(minutes=5)
"""How long an ended login is remembered: its last token's lifetime, and what clocks may differ by."""

PURGED_AT_ONCE: Final = 1_000

# The transaction that wrote a row is stored with it, so that a reader can ask for all that was committed after it
# looked last, in whatever order (`parking_chassis.revocations`): a sequence would lose what commits late.
_WRITER: Final = "((pg_current_xact_id())::text)::bigint"

_CREATE: Final = (
    """
    CREATE TABLE ended_logins (
        login_id uuid CONSTRAINT pk_ended_logins PRIMARY KEY,
        expires_at timestamptz NOT NULL,
        written_by bigint NOT NULL DEFAULT ((pg_current_xact_id())::text)::bigint
    )
    """,
    "CREATE INDEX ix_ended_logins_written_by ON ended_logins (written_by, login_id)",
    "CREATE INDEX ix_ended_logins_expires_at ON ended_logins (expires_at)",
)

_NOTE: Final = text(
    """
    INSERT INTO ended_logins (login_id, expires_at)
    SELECT login_id, coalesce(ended_at, now()) + CAST(:remembered AS interval)
    FROM unnest(CAST(:login_ids AS uuid[]), CAST(:ended_at AS timestamptz[])) AS ended (login_id, ended_at)
    WHERE coalesce(ended_at, now()) + CAST(:remembered AS interval) > now()
    ORDER BY login_id
    ON CONFLICT (login_id) DO NOTHING
    """
)
_PURGE: Final = text(
    """
    DELETE FROM ended_logins WHERE login_id = ANY (ARRAY(
        SELECT login_id FROM ended_logins WHERE expires_at < now()
        ORDER BY expires_at LIMIT :limit FOR UPDATE SKIP LOCKED
    ))
    """
)


class Operations(Protocol):
    """As much of `alembic.op` as is needed here."""

    def execute(self, sqltext: str, /) -> object:
        """Run one statement."""
        ...


def ended_logins_table(metadata: MetaData) -> Table:
    """Attach the table to a service's metadata (`service_metadata`)."""
    return Table(
        "ended_logins",
        metadata,
        Column("login_id", Uuid(), primary_key=True),
        Column("expires_at", instant(), nullable=False, index=True),
        Column("written_by", BigInteger, nullable=False, server_default=text(_WRITER)),
        Index("ix_ended_logins_written_by", "written_by", "login_id"),
    )


def create_ended_logins(op: Operations) -> None:
    """Make the table. The statements are frozen, as those of every migration that ran."""
    for statement in _CREATE:
        op.execute(statement)


def drop_ended_logins(op: Operations) -> None:
    """Remove the table, with everything in it."""
    op.execute("DROP TABLE ended_logins")


async def note_ended_logins(connection: AsyncConnection, ended: Sequence[tuple[UUID, datetime | None]]) -> None:
    """Write logins that ended, in the caller's transaction; a repeat changes nothing.

    Each comes with the time of its end; without one it counts as now. What ended so long ago that no token of it is
    valid is left out. As much as comes is also purged, so that the table stays small without a timer of its own.
    """
    values = {
        "login_ids": [login_id for login_id, _ in ended],
        "ended_at": [ended_at for _, ended_at in ended],
        "remembered": REMEMBERED,
    }
    await connection.execute(_NOTE, values)
    await connection.execute(_PURGE, {"limit": max(PURGED_AT_ONCE, 2 * len(ended))})
