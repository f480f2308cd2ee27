"""What is available now reads the bookings that count now, and the next one: no others, however many there are."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute("""
        CREATE INDEX ix_bookings_counting_from ON bookings (
            parking_lot_id, (CASE WHEN status = 'active' THEN '-infinity'::timestamptz ELSE starts_at END)
        ) WHERE status NOT IN ('cancelled', 'completed', 'expired', 'no_show')
    """)
    op.execute("ANALYZE bookings")  # else what is known of when they count comes with the next autovacuum


def downgrade() -> None:
    op.execute("DROP INDEX ix_bookings_counting_from")
