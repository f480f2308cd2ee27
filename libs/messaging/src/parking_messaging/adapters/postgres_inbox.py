"""Inbox, dead letters and parked events in the consumer's own database."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from uuid_utils.compat import uuid7

from parking_events import dead_letter_topic
from parking_messaging.adapters.postgres_outbox import Executor, PostgresOutbox
from parking_messaging.cloud_events import Envelope, printable
from parking_messaging.ports import Claim, Failure, Stuck
from parking_messaging.records import OutboxRow, Record, Subject

# A process that freezes in a handler keeps its transaction open, and the process that takes over its partition waits
# for the inbox row in it. So each transaction says how long it may be idle, after which PostgreSQL ends it.
#
# The share lock on the block waits for a replay that is draining the subject: it either finds the subject still
# blocked, and parks, or finds it free, with everything that was parked applied.
_CLAIM: Final = text(
    """
    WITH candidates AS (
        SELECT * FROM unnest(CAST(:event_ids AS uuid[]), CAST(:topics AS text[]), CAST(:subjects AS text[]))
            AS c (event_id, topic, subject)
    ), blocks AS (
        SELECT b.topic, b.subject FROM blocked_subjects AS b
        WHERE b.consumer = :consumer
          AND (b.topic, b.subject) IN (SELECT c.topic, c.subject FROM candidates AS c)
        FOR SHARE
    ), noted AS (
        INSERT INTO inbox (consumer, event_id)
        SELECT DISTINCT :consumer, c.event_id FROM candidates AS c
        WHERE CAST(:once AS boolean)
          AND NOT EXISTS (SELECT FROM blocks AS b WHERE (b.topic, b.subject) = (c.topic, c.subject))
        ORDER BY c.event_id
        ON CONFLICT DO NOTHING RETURNING event_id
    )
    SELECT c.event_id,
           (SELECT set_config('idle_in_transaction_session_timeout', :idle_limit, true)) AS idle_limit,
           EXISTS (SELECT FROM blocks AS b WHERE (b.topic, b.subject) = (c.topic, c.subject)) AS is_blocked,
           EXISTS (SELECT FROM noted AS n WHERE n.event_id = c.event_id) AS is_noted
    FROM candidates AS c
    """
)
_NOTE: Final = text(
    "INSERT INTO inbox (consumer, event_id) VALUES (:consumer, :event_id) ON CONFLICT DO NOTHING RETURNING 1"
)
_RECORD_COLUMNS: Final = (
    "consumer, topic, subject, event_id, event_type, partition, record_offset, record_key, record_value, record_headers"
)
_RECORD_VALUES: Final = (
    ":consumer, :topic, :subject, :event_id, :event_type, :partition, :record_offset, :record_key, :record_value, "
    "CAST(:record_headers AS json)"
)
_PARK: Final = text(
    f"INSERT INTO parked_events ({_RECORD_COLUMNS}) VALUES ({_RECORD_VALUES}) ON CONFLICT DO NOTHING"  # noqa: S608 - constants
)
_BLOCK: Final = text(
    """
    INSERT INTO blocked_subjects (consumer, topic, subject) VALUES (:consumer, :topic, :subject)
    ON CONFLICT DO NOTHING RETURNING set_config('idle_in_transaction_session_timeout', :idle_limit, true)
    """
)
_BURY: Final = text(
    f"""
    INSERT INTO dead_letters ({_RECORD_COLUMNS}, error_type, error, attempts)
    VALUES ({_RECORD_VALUES}, :error_type, :error, :attempts)
    """  # noqa: S608 - constants
)
_RECENT: Final = text(
    "SELECT count(*) FROM dead_letters WHERE consumer = :consumer AND failed_at > now() - CAST(:period AS interval)"
)
_BLOCKED: Final = text("SELECT topic, subject FROM blocked_subjects WHERE consumer = :consumer ORDER BY blocked_at")
_LOCK: Final = text(
    """
    SELECT set_config('idle_in_transaction_session_timeout', :idle_limit, true)
    FROM blocked_subjects WHERE consumer = :consumer AND topic = :topic AND subject = :subject FOR UPDATE
    """
)
_NEXT: Final = text(
    """
    SELECT * FROM (
        SELECT true AS is_dead, position, topic, partition, record_offset, record_key, record_value, record_headers
        FROM dead_letters
        WHERE consumer = :consumer AND topic = :topic AND subject = :subject AND resolved_at IS NULL
        UNION ALL
        SELECT false, position, topic, partition, record_offset, record_key, record_value, record_headers
        FROM parked_events WHERE consumer = :consumer AND topic = :topic AND subject = :subject
    ) AS stuck ORDER BY is_dead DESC, position LIMIT 1
    """
)
_UNBLOCK: Final = text(
    "DELETE FROM blocked_subjects WHERE consumer = :consumer AND topic = :topic AND subject = :subject"
)
_RESOLVE: Final = text(
    "UPDATE dead_letters SET resolved_at = now(), resolution = :resolution WHERE position = :position"
)
_UNPARK: Final = text("DELETE FROM parked_events WHERE position = :position")
_FAIL_AGAIN: Final = text(
    """
    UPDATE dead_letters SET error_type = :error_type, error = :error, attempts = attempts + :attempts
    WHERE position = :position
    """
)
# Ids begin with their time: the bound on `event_id` lets the primary key find the old ones.
_PURGE: Final = text(
    """
    DELETE FROM inbox WHERE consumer = :consumer AND event_id = ANY (ARRAY(
        SELECT event_id FROM inbox
        WHERE consumer = :consumer AND event_id < :youngest AND processed_at < now() - CAST(:period AS interval)
        ORDER BY event_id LIMIT :limit
    ))
    """
)


IDLE_LIMIT: Final = timedelta(seconds=15)
"""How long a handler may leave its transaction idle, that is, do anything but ask the database."""


class PostgresInbox:
    """See `Inbox`. Dead letters are published through the outbox, in the transaction that records them."""

    def __init__(self, outbox: PostgresOutbox | None = None, *, idle_limit: timedelta = IDLE_LIMIT) -> None:
        self._outbox = outbox or PostgresOutbox()
        self._idle_limit = str(int(idle_limit.total_seconds() * 1000))

    async def claim(self, tx: Executor, consumer: str, envelopes: Sequence[Envelope], *, once: bool) -> list[Claim]:
        """One statement for one event or many; an event that comes twice in a batch is fresh once."""
        parameters = {
            "consumer": consumer,
            "event_ids": [envelope.event_id for envelope in envelopes],
            "topics": [envelope.topic for envelope in envelopes],
            "subjects": [envelope.subject.id for envelope in envelopes],
            "once": once,
            "idle_limit": self._idle_limit,
        }
        blocked: set[UUID] = set()
        noted: set[UUID] = set()
        for row in await tx.execute(_CLAIM, parameters):
            if row.is_blocked:
                blocked.add(row.event_id)
            elif row.is_noted or not once:
                noted.add(row.event_id)
        claims: list[Claim] = []
        for envelope in envelopes:
            if envelope.event_id in blocked:
                claims.append(Claim.BLOCKED)
            elif envelope.event_id in noted:
                claims.append(Claim.FRESH)
                noted.discard(envelope.event_id)
            else:
                claims.append(Claim.DUPLICATE)
        return claims

    async def note(self, tx: Executor, consumer: str, envelope: Envelope) -> Claim:
        """For a replay, which itself holds the block."""
        noted = await tx.execute(_NOTE, {"consumer": consumer, "event_id": envelope.event_id})
        return Claim.DUPLICATE if noted.first() is None else Claim.FRESH

    async def park(self, tx: Executor, consumer: str, envelope: Envelope, record: Record) -> None:
        """Park it once, however often it comes."""
        await tx.execute(_PARK, _kept(consumer, envelope, record))

    async def bury(self, tx: Executor, consumer: str, envelope: Envelope, record: Record, failure: Failure) -> bool:
        """Block, keep and publish, in the caller's transaction."""
        if (await tx.execute(_BLOCK, self._limited(consumer, envelope.subject))).first() is None:
            await self.park(tx, consumer, envelope, record)
            return False
        await self._keep_dead(tx, consumer, envelope, record, failure)
        return True

    async def recent_dead_letters(self, tx: Executor, consumer: str, window: timedelta) -> int:
        """Count them in the database, where all members of the group see them."""
        return (await tx.execute(_RECENT, {"consumer": consumer, "period": window})).scalar_one()

    async def blocked(self, tx: Executor, consumer: str) -> list[Subject]:
        """List them."""
        return [Subject(row.topic, row.subject) for row in await tx.execute(_BLOCKED, {"consumer": consumer})]

    async def next_stuck(self, tx: Executor, consumer: str, subject: Subject) -> Stuck | None:
        """The dead letter comes before what was parked behind it."""
        parameters = _subject(consumer, subject)
        if (await tx.execute(_LOCK, self._limited(consumer, subject))).first() is None:
            return None
        row = (await tx.execute(_NEXT, parameters)).first()
        if row is None:
            await tx.execute(_UNBLOCK, parameters)
            return None
        return Stuck(position=row.position, is_dead=row.is_dead, record=_record(row))

    async def release(self, tx: Executor, consumer: str, stuck: Stuck, resolution: str) -> None:  # noqa: ARG002 - the port's
        """A dead letter stays, marked as resolved; a parked event is deleted."""
        if stuck.is_dead:
            await tx.execute(_RESOLVE, {"position": stuck.position, "resolution": resolution})
        else:
            await tx.execute(_UNPARK, {"position": stuck.position})

    async def fail_again(self, tx: Executor, consumer: str, envelope: Envelope, stuck: Stuck, failure: Failure) -> None:
        """Note the new error; the subject stays blocked."""
        if stuck.is_dead:
            await tx.execute(_FAIL_AGAIN, {"position": stuck.position, **_failure(failure)})
        else:
            await tx.execute(_UNPARK, {"position": stuck.position})
            await self._keep_dead(tx, consumer, envelope, stuck.record, failure)

    async def purge(self, tx: Executor, consumer: str, older_than: timedelta, limit: int) -> int:
        """Delete by age."""
        youngest = uuid7(int((datetime.now(UTC) - older_than).timestamp()))
        values = {"consumer": consumer, "youngest": youngest, "period": older_than, "limit": limit}
        purged = await tx.execute(_PURGE, values)
        return purged.rowcount  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]

    def _limited(self, consumer: str, subject: Subject) -> dict[str, Any]:
        return {**_subject(consumer, subject), "idle_limit": self._idle_limit}

    async def _keep_dead(
        self, tx: Executor, consumer: str, envelope: Envelope, record: Record, failure: Failure
    ) -> None:
        await tx.execute(_BURY, {**_kept(consumer, envelope, record), **_failure(failure)})
        await self._outbox.add_rows(tx, [dead_letter_row(consumer, envelope, record, failure)])


def dead_letter_row(consumer: str, envelope: Envelope, record: Record, failure: Failure) -> OutboxRow:
    """The outbox row that publishes a dead letter: the record as it came, and in headers why and from where."""
    headers = {printable(name.encode()): printable(value) for name, value in record.headers}
    headers |= {
        "dlq_group": consumer,
        "dlq_topic": record.topic,
        "dlq_partition": str(record.partition),
        "dlq_offset": str(record.offset),
        "dlq_error_type": failure.error_type,
        "dlq_error": failure.error,
        "dlq_attempts": str(failure.attempts),
    }
    return OutboxRow(
        id=uuid7(),
        aggregatetype=dead_letter_topic(consumer).name,
        aggregateid=envelope.subject.id,
        version=1,
        partition_key=printable(record.key) if record.key else envelope.subject.id,
        type=envelope.event_type,
        payload=record.value or b"",
        headers=headers,
    )


def _subject(consumer: str, subject: Subject) -> dict[str, Any]:
    return {"consumer": consumer, "topic": subject.topic, "subject": subject.id}


def _failure(failure: Failure) -> dict[str, Any]:
    return {"error_type": failure.error_type, "error": failure.error, "attempts": failure.attempts}


def _kept(consumer: str, envelope: Envelope, record: Record) -> dict[str, Any]:
    return {
        **_subject(consumer, envelope.subject),
        "event_id": envelope.event_id,
        "event_type": envelope.event_type,
        "partition": record.partition,
        "record_offset": record.offset,
        "record_key": record.key,
        "record_value": record.value,
        # Latin-1 gives each byte one character, so that a replay finds the very bytes again.
        "record_headers": json.dumps([[name, value.decode("latin-1")] for name, value in record.headers]),
    }


def _record(row: Row[Any]) -> Record:
    headers: Sequence[Sequence[str]] = row.record_headers
    if isinstance(headers, str):
        headers = json.loads(headers)
    return Record(
        topic=row.topic,
        partition=row.partition,
        offset=row.record_offset,
        key=row.record_key,
        value=row.record_value,
        headers=tuple((name, value.encode("latin-1")) for name, value in headers),
    )
