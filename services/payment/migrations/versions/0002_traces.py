"""A payment keeps the trace of the request that began it: the provider's messages about it belong there."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("ALTER TABLE payments ADD COLUMN trace jsonb NOT NULL DEFAULT '{}'")


def downgrade() -> None:
    op.execute("ALTER TABLE payments DROP COLUMN trace")
