"""Why an account was suspended or reinstated, by whom and when."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("ALTER TABLE users ADD COLUMN status_reason text")
    op.execute("ALTER TABLE users ADD COLUMN status_changed_by uuid")
    op.execute("ALTER TABLE users ADD COLUMN status_changed_at timestamptz")


def downgrade() -> None:
    op.execute(
        "ALTER TABLE users DROP COLUMN status_reason, DROP COLUMN status_changed_by, DROP COLUMN status_changed_at"
    )
