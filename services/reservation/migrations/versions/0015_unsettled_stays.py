"""Stays that gates report of reservations that were cancelled meanwhile, and when a reservation was cancelled.

Also the index of what changes took of spots: a spot whose type changed is in service.
"""

from alembic import op

revision = "0015"
down_revision = "0010"

STATEMENTS = (
    # Not known of those that were cancelled before: what gates report of them is denied, as it was.
    "ALTER TABLE reservations ADD COLUMN cancelled_at timestamptz",
    # No foreign key: the history is partitioned, and an id alone names a reservation.
    """
    CREATE TABLE unsettled_stays (
        reservation_id uuid CONSTRAINT pk_unsettled_stays PRIMARY KEY,
        parking_lot_id uuid NOT NULL,
        entered_at timestamptz,
        exited_at timestamptz,
        kept_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    "CREATE INDEX ix_unsettled_stays_kept_at ON unsettled_stays (kept_at)",
    # A spot of another type is in service, and gone for those that were booked on it.
    "DROP INDEX ix_spots_supply_change_id",
    "CREATE INDEX ix_spots_supply_change_id ON spots (supply_change_id) WHERE supply_change_id IS NOT NULL",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP INDEX ix_spots_supply_change_id")
    op.execute("CREATE INDEX ix_spots_supply_change_id ON spots (supply_change_id) WHERE NOT in_service")
    op.execute("DROP TABLE unsettled_stays")
    op.execute("ALTER TABLE reservations DROP COLUMN cancelled_at")
