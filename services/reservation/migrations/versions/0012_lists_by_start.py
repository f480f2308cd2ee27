"""A lot's reservations by their start: what an operator looks at each day."""

from alembic import op

revision = "0012"
down_revision = "0015"


def upgrade() -> None:
    op.execute("CREATE INDEX ix_reservations_of_lot_by_start ON reservations (parking_lot_id, starts_at, id)")


def downgrade() -> None:
    op.execute("DROP INDEX ix_reservations_of_lot_by_start")
