"""Logins that ended, of which tokens may still be valid; a ticket belongs to one."""

from alembic import op

from parking_chassis.ended_logins import create_ended_logins, drop_ended_logins

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    create_ended_logins(op)
    op.execute("ALTER TABLE tickets ADD COLUMN login_id text")


def downgrade() -> None:
    op.execute("ALTER TABLE tickets DROP COLUMN login_id")
    drop_ended_logins(op)
