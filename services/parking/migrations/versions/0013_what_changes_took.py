"""What a supply change took, so that a later one does not decide of the same bookings while it is at work.

Of changes that run when this is applied nothing is known: the newest decides, as it did.
"""

from alembic import op

revision = "0013"
down_revision = "0012"

COLUMNS = ("whole_lot", "spot_ids", "new_hours", "time_zone")


def upgrade() -> None:
    op.execute("""
        ALTER TABLE supply_changes ADD COLUMN whole_lot boolean NOT NULL DEFAULT false,
            ADD COLUMN spot_ids uuid[] NOT NULL DEFAULT '{}', ADD COLUMN new_hours jsonb,
            ADD COLUMN time_zone text NOT NULL DEFAULT 'UTC'
    """)
    op.execute("CREATE INDEX ix_supply_changes_running ON supply_changes (parking_lot_id, id) WHERE status = 'running'")


def downgrade() -> None:
    op.execute("DROP INDEX ix_supply_changes_running")
    op.execute("ALTER TABLE supply_changes " + ", ".join(f"DROP COLUMN {name}" for name in COLUMNS))
