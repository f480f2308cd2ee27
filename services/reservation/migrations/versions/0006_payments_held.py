"""Which reservations have payments whose events Kafka refuses: they alone wait."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute("ALTER TABLE payments_seen ADD COLUMN held uuid[] NOT NULL DEFAULT '{}'")


def downgrade() -> None:
    op.execute("ALTER TABLE payments_seen DROP COLUMN held")
