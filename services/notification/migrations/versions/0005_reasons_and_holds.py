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


def downgrade() -> None:
    op.execute("ALTER TABLE notifications DROP COLUMN held_until")
    op.execute("ALTER TABLE reservation_owners DROP COLUMN held_until")
    op.execute("DROP TABLE payments")
