"""Answers to requests with an idempotency key."""

from alembic import op

from parking_chassis.stored_answers import CREATE_IDEMPOTENCY_TABLE

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    for statement in CREATE_IDEMPOTENCY_TABLE:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE idempotency_keys")
