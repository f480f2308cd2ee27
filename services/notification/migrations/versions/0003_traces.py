"""A notification keeps the trace of the event that it is about: its mail is sent later, and belongs there."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("ALTER TABLE notifications ADD COLUMN trace jsonb NOT NULL DEFAULT '{}'")


def downgrade() -> None:
    op.execute("ALTER TABLE notifications DROP COLUMN trace")
