"""The tables that a service needs beside its own, for its SQLAlchemy metadata.

They carry no schema: they lie where the connection's `search_path` points. Migrations make them with
`parking_messaging.migrations`, whose statements a test compares with these.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID


@dataclass(frozen=True, slots=True)
class MessagingTables:
    """The tables by name."""

    outbox: Table
    inbox: Table
    blocked_subjects: Table
    dead_letters: Table
    parked_events: Table


def messaging_tables(metadata: MetaData, *, notes_refusals: bool = False) -> MessagingTables:
    """Attach the messaging tables to a service's metadata.

    `notes_refusals`: the outbox says which of its rows Kafka refused, as migrations made it with `note_refusals`.
    """
    return MessagingTables(
        outbox=_outbox(metadata, notes_refusals=notes_refusals),
        inbox=_inbox(metadata),
        blocked_subjects=_blocked_subjects(metadata),
        dead_letters=_dead_letters(metadata),
        parked_events=_parked_events(metadata),
    )


def _now(name: str) -> Column[Any]:
    return Column(name, DateTime(timezone=True), nullable=False, server_default=func.now())


def _outbox(metadata: MetaData, *, notes_refusals: bool) -> Table:
    table = Table(
        "outbox",
        metadata,
        Column("seq", BigInteger, Identity(always=True), primary_key=True),
        Column("id", UUID(as_uuid=True), nullable=False),
        Column("aggregatetype", Text, nullable=False),
        Column("aggregateid", Text, nullable=False),
        Column("version", BigInteger, nullable=False),
        Column("partition_key", Text, nullable=False),
        Column("type", Text, nullable=False),
        Column("payload", LargeBinary, nullable=False),
        Column("headers", JSONB, nullable=False, server_default=text("'{}'")),
        _now("created_at"),
        Column("sent_at", DateTime(timezone=True)),
    )
    Index("outbox_unsent", table.c.seq, postgresql_where=table.c.sent_at.is_(None))
    if notes_refusals:
        table.append_column(Column("refused_at", DateTime(timezone=True)))
        unsent = table.c.sent_at.is_(None)
        Index("outbox_unsent_of_topic", table.c.aggregatetype, table.c.seq, postgresql_where=unsent)
    return table


def _inbox(metadata: MetaData) -> Table:
    return Table(
        "inbox",
        metadata,
        Column("consumer", Text, primary_key=True),
        Column("event_id", UUID(as_uuid=True), primary_key=True),
        _now("processed_at"),
    )


def _blocked_subjects(metadata: MetaData) -> Table:
    return Table(
        "blocked_subjects",
        metadata,
        Column("consumer", Text, primary_key=True),
        Column("topic", Text, primary_key=True),
        Column("subject", Text, primary_key=True),
        _now("blocked_at"),
    )


def _kept_record() -> list[Column[Any]]:
    """A record as it came. `headers` is json, not jsonb: a header may hold what jsonb refuses."""
    return [
        Column("consumer", Text, nullable=False),
        Column("topic", Text, nullable=False),
        Column("subject", Text, nullable=False),
        Column("event_id", UUID(as_uuid=True), nullable=False),
        Column("event_type", Text, nullable=False),
        Column("partition", Integer, nullable=False),
        Column("record_offset", BigInteger, nullable=False),
        Column("record_key", LargeBinary),
        Column("record_value", LargeBinary),
        Column("record_headers", JSON, nullable=False),
    ]


def _dead_letters(metadata: MetaData) -> Table:
    table = Table(
        "dead_letters",
        metadata,
        Column("position", BigInteger, Identity(always=True), primary_key=True),
        *_kept_record(),
        Column("error_type", Text, nullable=False),
        Column("error", Text, nullable=False),
        Column("attempts", Integer, nullable=False),
        _now("failed_at"),
        Column("resolved_at", DateTime(timezone=True)),
        Column("resolution", Text),
    )
    unresolved = table.c.resolved_at.is_(None)
    Index("dead_letters_unresolved", table.c.consumer, table.c.topic, table.c.subject, postgresql_where=unresolved)
    Index("dead_letters_once", table.c.consumer, table.c.event_id, unique=True, postgresql_where=unresolved)
    Index("dead_letters_recent", table.c.consumer, table.c.failed_at)
    return table


def _parked_events(metadata: MetaData) -> Table:
    table = Table(
        "parked_events",
        metadata,
        Column("position", BigInteger, Identity(always=True), primary_key=True),
        *_kept_record(),
        _now("parked_at"),
    )
    Index("parked_events_queue", table.c.consumer, table.c.topic, table.c.subject, table.c.position)
    Index("parked_events_once", table.c.consumer, table.c.event_id, unique=True)
    return table
