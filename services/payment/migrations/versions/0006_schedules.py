"""When the comparison with the provider is due next."""

from alembic import op

from parking_chassis.schedules import CREATE_SCHEDULES_TABLE

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute(CREATE_SCHEDULES_TABLE)


def downgrade() -> None:
    op.execute("DROP TABLE schedules")
