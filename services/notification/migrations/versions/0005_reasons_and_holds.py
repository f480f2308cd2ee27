"""What was paid and goes back, until when a spot waits for its payment, and how an inbox is filtered."""

from alembic import op

revision = "0005"
down_revision = "0004"

PAYMENTS = """
CREATE TABLE payments (
    id uuid CONSTRAINT pk_payments PRIMARY KEY,
    amount bigint NOT NULL,
    is_disputed boolean NOT NULL,
    refunds jsonb NOT NULL,
    version integer NOT NULL
)
"""


def upgrade() -> None:
    op.execute(PAYMENTS)
    op.execute("ALTER TABLE reservation_owners ADD COLUMN held_until timestamptz")
    op.execute("ALTER TABLE notifications ADD COLUMN held_until timestamptz")
    op.execute("CREATE INDEX ix_notifications_of_kind ON notifications (user_id, kind, created_at, id)")
    op.execute("CREATE INDEX ix_notifications_unread ON notifications (user_id, created_at, id) WHERE read_at IS NULL")


def downgrade() -> None:
    op.execute("DROP INDEX ix_notifications_of_kind, ix_notifications_unread")
    op.execute("ALTER TABLE notifications DROP COLUMN held_until")
    op.execute("ALTER TABLE reservation_owners DROP COLUMN held_until")
    op.execute("DROP TABLE payments")
