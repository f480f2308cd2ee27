"""Why something happened to a reservation, and which spot it had before it was moved."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("ALTER TABLE notifications ADD COLUMN reason text, ADD COLUMN previous_spot_number text")


def downgrade() -> None:
    op.execute("ALTER TABLE notifications DROP COLUMN reason, DROP COLUMN previous_spot_number")
