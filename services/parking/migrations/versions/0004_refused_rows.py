"""An import knows how many rows it refused, and finds them, and those that wait, past the others."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("ALTER TABLE imports ADD COLUMN refused integer NOT NULL DEFAULT 0")
    op.execute("""
        UPDATE imports SET refused = counted.refused
        FROM (SELECT import_id, count(*) AS refused FROM import_rows WHERE reason IS NOT NULL GROUP BY 1) AS counted
        WHERE counted.import_id = imports.id
    """)
    op.execute("CREATE INDEX ix_import_rows_waiting ON import_rows (import_id, row) WHERE reason IS NULL")
    op.execute("CREATE INDEX ix_import_rows_refused ON import_rows (import_id, row) WHERE reason IS NOT NULL")


def downgrade() -> None:
    op.execute("DROP INDEX ix_import_rows_waiting, ix_import_rows_refused")
    op.execute("ALTER TABLE imports DROP COLUMN refused")
