"""Copies of parking's lots, and the register of indices."""

from alembic import op

from parking_messaging.migrations import create_messaging_tables, drop_messaging_tables

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE lots (
    id uuid CONSTRAINT pk_lots PRIMARY KEY,
    organization_id uuid NOT NULL,
    time_zone text NOT NULL,
    currency varchar(3) NOT NULL,
    spots integer NOT NULL,
    version integer NOT NULL
);
CREATE INDEX ix_lots_organization_id ON lots (organization_id);
CREATE TABLE indices (
    name text CONSTRAINT pk_indices PRIMARY KEY,
    projection varchar(32) NOT NULL,
    state varchar(16) NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX uq_indices_state_of_projection ON indices (projection, state) WHERE state <> 'over';
"""


def upgrade() -> None:
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    create_messaging_tables(op)


def downgrade() -> None:
    drop_messaging_tables(op)
    op.execute("DROP TABLE indices, lots")
