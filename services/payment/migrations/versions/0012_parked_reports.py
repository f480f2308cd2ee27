"""What the provider said of another amount or currency than the charge's is parked, and not booked."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute("ALTER TABLE payments ADD parked jsonb NOT NULL DEFAULT '[]'")
    op.execute("CREATE INDEX ix_payments_parked ON payments (id) WHERE parked <> '[]'")


def downgrade() -> None:
    op.execute("ALTER TABLE payments DROP parked")
