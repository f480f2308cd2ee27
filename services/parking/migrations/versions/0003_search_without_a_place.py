"""The search without a place reads a page by an index, in each of its orders."""

from alembic import op

revision = "0003"
down_revision = "0002"

UPGRADE = """
CREATE INDEX ix_lots_name ON lots (name, id) WHERE status <> 'retired';
CREATE INDEX ix_lots_hourly_amount ON lots (hourly_amount, id) WHERE status <> 'retired';
CREATE INDEX ix_lots_of_organization ON lots (organization_id, name, id) WHERE status <> 'retired';
CREATE INDEX ix_lots_features ON lots USING gin (amenities, spot_types) WHERE status <> 'retired';
CREATE INDEX ix_free_spots_free ON free_spots (free DESC, parking_lot_id);
DROP INDEX ix_lots_organization_id;
DROP INDEX ix_lots_words, ix_lots_box;
CREATE INDEX ix_lots_words ON lots USING gin ((name || ' ' || address) gin_trgm_ops);
CREATE INDEX ix_lots_box ON lots USING gist ((location::geometry));
ANALYZE lots;
"""

DOWNGRADE = """
DROP INDEX ix_lots_words, ix_lots_box;
CREATE INDEX ix_lots_words ON lots USING gin ((name || ' ' || address) gin_trgm_ops) WHERE status <> 'retired';
CREATE INDEX ix_lots_box ON lots USING gist ((location::geometry)) WHERE status <> 'retired';
CREATE INDEX ix_lots_organization_id ON lots (organization_id);
DROP INDEX ix_free_spots_free, ix_lots_features, ix_lots_of_organization, ix_lots_hourly_amount, ix_lots_name;
"""


def upgrade() -> None:
    _execute(UPGRADE)


def downgrade() -> None:
    _execute(DOWNGRADE)


def _execute(statements: str) -> None:
    for statement in statements.strip().split(";\n"):
        op.execute(statement)
