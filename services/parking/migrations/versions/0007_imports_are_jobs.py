"""Imports say when they ended, and why they failed."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    # Without defaults, so that the table is not written again, and the version before goes on until it is replaced.
    op.execute("ALTER TABLE imports ADD COLUMN ended_at timestamptz, ADD COLUMN failure text")
    op.execute("""
        UPDATE imports SET failure = 'It failed 5 times at the same place. What was done before stands. Start it again;'
            ' if that fails, too, report it with this id: the cause is in the log.'
        WHERE status = 'failed'
    """)


def downgrade() -> None:
    op.execute("ALTER TABLE imports DROP COLUMN failure, DROP COLUMN ended_at")
