"""A stored answer needs no lease: `idempotency_keys` is as in all services (`parking_chassis.stored_answers`)."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute("ALTER TABLE idempotency_keys ALTER COLUMN claimed_until DROP NOT NULL")


def downgrade() -> None:
    # The version before can read no sealed answer, and would send it as it is.
    op.execute(r"DELETE FROM idempotency_keys WHERE substring(body FROM 1 FOR 1) = '\x01'")
    op.execute("UPDATE idempotency_keys SET claimed_until = created_at WHERE claimed_until IS NULL")
    op.execute("ALTER TABLE idempotency_keys ALTER COLUMN claimed_until SET NOT NULL")
