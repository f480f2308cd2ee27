"""What is available now follows sensors, counters, gates and bookings, and knows when it changes by itself."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.execute("""
        ALTER TABLE free_spots
            ADD COLUMN taken integer,
            ADD COLUMN fading double precision NOT NULL DEFAULT 0,
            ADD COLUMN fresh_since timestamptz,
            ADD COLUMN counted_at timestamptz NOT NULL DEFAULT now(),
            ADD COLUMN next_at timestamptz
    """)
    op.execute("UPDATE free_spots SET next_at = now()")  # each is worked out by the new rule, in the worker
    op.execute("CREATE INDEX ix_free_spots_next_at ON free_spots (next_at) WHERE next_at IS NOT NULL")


def downgrade() -> None:
    op.execute("DROP INDEX ix_free_spots_next_at")
    op.execute("""
        ALTER TABLE free_spots
            DROP COLUMN taken, DROP COLUMN fading, DROP COLUMN fresh_since, DROP COLUMN counted_at, DROP COLUMN next_at
    """)
