"""The messaging tables for a service's alembic migrations.

    def upgrade() -> None:
        create_messaging_tables(op)

The statements are frozen: a migration that ran must keep its meaning. A change comes as a new pair of functions.
"""

from typing import Final, Protocol


class Operations(Protocol):
    """As much of `alembic.op` as is needed here."""

    def execute(self, sqltext: str, /) -> object:
        """Run one statement."""
        ...


_KEPT_RECORD: Final = """
    consumer text NOT NULL, topic text NOT NULL, subject text NOT NULL, event_id uuid NOT NULL,
    event_type text NOT NULL, partition integer NOT NULL, record_offset bigint NOT NULL,
    record_key bytea, record_value bytea, record_headers json NOT NULL
"""

_CREATE: Final = (
    # Every row of the outbox is written, updated once and deleted: vacuum has to come by its number of dead rows, not
    # by their share, or the index of the unsent rows grows and each poll walks over the dead.
    """
    CREATE TABLE outbox (
        seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        id uuid NOT NULL, aggregatetype text NOT NULL, aggregateid text NOT NULL, version bigint NOT NULL,
        partition_key text NOT NULL, type text NOT NULL, payload bytea NOT NULL,
        headers jsonb NOT NULL DEFAULT '{}', created_at timestamptz NOT NULL DEFAULT now(), sent_at timestamptz
    ) WITH (
        autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
        autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 50000,
        autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 20000
    )
    """,
    "CREATE INDEX outbox_unsent ON outbox (seq) WHERE sent_at IS NULL",
    """
    CREATE TABLE inbox (
        consumer text NOT NULL, event_id uuid NOT NULL, processed_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (consumer, event_id)
    )
    """,
    """
    CREATE TABLE blocked_subjects (
        consumer text NOT NULL, topic text NOT NULL, subject text NOT NULL,
        blocked_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (consumer, topic, subject)
    )
    """,
    f"""
    CREATE TABLE dead_letters (
        position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, {_KEPT_RECORD},
        error_type text NOT NULL, error text NOT NULL, attempts integer NOT NULL,
        failed_at timestamptz NOT NULL DEFAULT now(), resolved_at timestamptz, resolution text
    )
    """,
    "CREATE INDEX dead_letters_unresolved ON dead_letters (consumer, topic, subject) WHERE resolved_at IS NULL",
    "CREATE UNIQUE INDEX dead_letters_once ON dead_letters (consumer, event_id) WHERE resolved_at IS NULL",
    "CREATE INDEX dead_letters_recent ON dead_letters (consumer, failed_at)",
    f"""
    CREATE TABLE parked_events (
        position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, {_KEPT_RECORD},
        parked_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    "CREATE INDEX parked_events_queue ON parked_events (consumer, topic, subject, position)",
    "CREATE UNIQUE INDEX parked_events_once ON parked_events (consumer, event_id)",
)

_DROP: Final = "DROP TABLE parked_events, dead_letters, blocked_subjects, inbox, outbox"


def create_messaging_tables(op: Operations) -> None:
    """Make outbox, inbox, dead letters and what belongs to them."""
    for statement in _CREATE:
        op.execute(statement)


def note_refusals(op: Operations) -> None:
    """Have the outbox say which rows Kafka refused, and find the unsent rows of one topic by an index."""
    op.execute("ALTER TABLE outbox ADD COLUMN refused_at timestamptz")
    op.execute("CREATE INDEX outbox_unsent_of_topic ON outbox (aggregatetype, seq) WHERE sent_at IS NULL")


def drop_refusals(op: Operations) -> None:
    """Take back what `note_refusals` did."""
    op.execute("DROP INDEX outbox_unsent_of_topic")
    op.execute("ALTER TABLE outbox DROP COLUMN refused_at")


def drop_messaging_tables(op: Operations) -> None:
    """Remove them, with everything in them."""
    op.execute(_DROP)
