"""Lots are known by their source, too; those that were imported without prices are drafts; imports warn and count."""

from alembic import op

revision = "0011"
down_revision = "0010"

UPGRADE = (
    # What was imported before there were sources came from the one that imports have which name none.
    "ALTER TABLE lots ADD COLUMN source text DEFAULT 'default'",
    "DROP INDEX uq_lots_source",
    "CREATE UNIQUE INDEX uq_lots_source ON lots (organization_id, source, source_id) WHERE source_id IS NOT NULL",
    "ALTER TABLE lots ALTER COLUMN tariff_id DROP NOT NULL",
    """
    ALTER TABLE lots ADD CONSTRAINT ck_lots_tariff_id
        CHECK (status IN ('draft', 'retired') OR tariff_id IS NOT NULL)
    """,
    """
    ALTER TABLE imports ADD COLUMN source text NOT NULL DEFAULT 'default',
        ADD COLUMN columns jsonb NOT NULL DEFAULT '{}', ADD COLUMN terms jsonb,
        ADD COLUMN warned integer NOT NULL DEFAULT 0, ADD COLUMN not_honoured jsonb NOT NULL DEFAULT '{}'
    """,
    """
    CREATE TABLE import_warnings (
        import_id uuid CONSTRAINT fk_import_warnings_import_id REFERENCES imports,
        row integer,
        source_id text,
        reason text NOT NULL,
        CONSTRAINT pk_import_warnings PRIMARY KEY (import_id, row)
    )
    """,
)
# A version without drafts knows no lot without a tariff: they are retired, with their organization's default one.
DOWNGRADE = (
    "DROP TABLE import_warnings",
    """
    ALTER TABLE imports DROP COLUMN source, DROP COLUMN columns, DROP COLUMN terms, DROP COLUMN warned,
        DROP COLUMN not_honoured
    """,
    "ALTER TABLE lots DROP CONSTRAINT ck_lots_tariff_id",
    """
    UPDATE lots SET status = 'retired', tariff_id = (
        SELECT id FROM tariffs
        WHERE tariffs.organization_id = lots.organization_id AND parking_lot_id IS NULL ORDER BY number DESC LIMIT 1
    )
    WHERE tariff_id IS NULL
    """,
    "ALTER TABLE lots ALTER COLUMN tariff_id SET NOT NULL",
    "DROP INDEX uq_lots_source",
    # Two sources may have the same id: those of a named one keep its name in front.
    """
    UPDATE lots SET source_id = source || ':' || source_id
    WHERE source_id IS NOT NULL AND source <> 'default'
    """,
    "CREATE UNIQUE INDEX uq_lots_source ON lots (organization_id, source_id) WHERE source_id IS NOT NULL",
    "ALTER TABLE lots DROP COLUMN source",
)


def upgrade() -> None:
    for statement in UPGRADE:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWNGRADE:
        op.execute(statement)
