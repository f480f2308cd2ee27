"""A payment that is captured or cancelled has no client secret any more: nobody can pay with it."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.execute(
        "UPDATE payments SET client_secret = NULL"
        " WHERE stage IN ('succeeded', 'cancelled') AND client_secret IS NOT NULL"
    )


def downgrade() -> None:
    """The secrets are gone: the release before answers without one, as this does."""
