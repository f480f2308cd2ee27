"""Stored answers have the shape that all services share; their bodies are sealed from now on.

Those that were stored in plain text are still read, and are purged within a week.
"""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE idempotency_keys ADD COLUMN claimed_until timestamptz,"
        " ALTER COLUMN status DROP NOT NULL, ALTER COLUMN body DROP NOT NULL"
    )


def downgrade() -> None:
    # The release before would give a sealed body for an answer. Its client books again instead, which the spot's time
    # refuses where the first booking stands.
    # A sealed body begins with 1 (parking_chassis.stored_answers), a plain one with a brace.
    op.execute("DELETE FROM idempotency_keys WHERE status IS NULL OR get_byte(body, 0) = 1")
    op.execute(
        "ALTER TABLE idempotency_keys DROP COLUMN claimed_until,"
        " ALTER COLUMN status SET NOT NULL, ALTER COLUMN body SET NOT NULL"
    )
