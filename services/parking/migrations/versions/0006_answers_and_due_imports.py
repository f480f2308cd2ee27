"""Answers to repeated requests; imports that are claimed with a lease; tariffs that are stored before their lots."""

from alembic import op

from parking_chassis.stored_answers import CREATE_IDEMPOTENCY_TABLE

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    for statement in CREATE_IDEMPOTENCY_TABLE:
        op.execute(statement)
    # With a default, since the version before goes on taking imports until it is replaced.
    op.execute("ALTER TABLE imports ADD COLUMN due_at timestamptz NOT NULL DEFAULT now()")
    op.execute("UPDATE imports SET due_at = started_at")
    op.execute("DROP INDEX ix_imports_running")
    op.execute("CREATE INDEX ix_imports_due_at ON imports (due_at) WHERE status = 'running'")
    op.execute("ALTER TABLE tariffs ALTER CONSTRAINT fk_tariffs_parking_lot_id DEFERRABLE INITIALLY DEFERRED")


def downgrade() -> None:
    op.execute("ALTER TABLE tariffs ALTER CONSTRAINT fk_tariffs_parking_lot_id NOT DEFERRABLE")
    op.execute("DROP INDEX ix_imports_due_at")
    op.execute("ALTER TABLE imports DROP COLUMN due_at")
    op.execute("CREATE INDEX ix_imports_running ON imports (started_at) WHERE status = 'running'")
    op.execute("DROP TABLE idempotency_keys")
