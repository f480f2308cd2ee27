"""Logins that ended, of which tokens may still be valid."""

from alembic import op

from parking_chassis.ended_logins import create_ended_logins, drop_ended_logins

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    create_ended_logins(op)


def downgrade() -> None:
    drop_ended_logins(op)
