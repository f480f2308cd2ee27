"""Exits that came before their entries, suspended accounts, and the stays of a lot.

The index is built on a table that is empty where a release is new; elsewhere it reads each month once, for the stays
that go on, which are few.
"""

from alembic import op

revision = "0009"
down_revision = "0008"

STATEMENTS = (
    # No foreign key: the history is partitioned, and an id alone names a reservation.
    """
    CREATE TABLE early_exits (
        reservation_id uuid NOT NULL,
        exited_at timestamptz NOT NULL,
        kept_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_early_exits PRIMARY KEY (reservation_id, exited_at)
    )
    """,
    "CREATE INDEX ix_early_exits_kept_at ON early_exits (kept_at)",
    """
    CREATE TABLE users (
        id uuid CONSTRAINT pk_users PRIMARY KEY,
        suspended_at timestamptz,
        version integer NOT NULL
    )
    """,
    "CREATE INDEX ix_reservations_active ON reservations (parking_lot_id) WHERE status = 'active'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP INDEX ix_reservations_active")
    op.execute("DROP TABLE users, early_exits")
