"""What an operator wrote who cancelled a reservation."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute("ALTER TABLE notifications ADD COLUMN operator_reason text")


def downgrade() -> None:
    op.execute("ALTER TABLE notifications DROP COLUMN operator_reason")
