"""A lot keeps the tariff in force until the one that was announced has arrived."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("ALTER TABLE lots ADD COLUMN announced_tariff_id uuid")
    op.execute(
        "CREATE INDEX ix_lots_announced_tariff_id ON lots (announced_tariff_id) WHERE announced_tariff_id IS NOT NULL"
    )


def downgrade() -> None:
    op.execute("UPDATE lots SET tariff_id = announced_tariff_id WHERE announced_tariff_id IS NOT NULL")
    op.execute("ALTER TABLE lots DROP COLUMN announced_tariff_id")
