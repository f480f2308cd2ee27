"""Organizations, lots, tariffs, spots, occupancy, imports."""

from alembic import op

from parking_messaging.migrations import create_messaging_tables, drop_messaging_tables

revision = "0001"
down_revision = None

# Where only a superuser may create them they are there already.
EXTENSIONS = """
CREATE EXTENSION IF NOT EXISTS postgis;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
"""

LOTS = """
CREATE TABLE organizations (
    id uuid CONSTRAINT pk_organizations PRIMARY KEY,
    name text NOT NULL,
    version integer NOT NULL
);
CREATE TABLE lots (
    id uuid CONSTRAINT pk_lots PRIMARY KEY,
    organization_id uuid NOT NULL CONSTRAINT fk_lots_organization_id REFERENCES organizations,
    name text NOT NULL,
    description text,
    address text NOT NULL,
    latitude double precision NOT NULL CONSTRAINT ck_lots_latitude CHECK (latitude BETWEEN -90 AND 90),
    longitude double precision NOT NULL CONSTRAINT ck_lots_longitude CHECK (longitude BETWEEN -180 AND 180),
    location geography(Point, 4326)
        GENERATED ALWAYS AS (ST_SetSRID(ST_MakePoint(longitude, latitude), 4326)::geography) STORED,
    time_zone text NOT NULL,
    amenities text[] NOT NULL,
    opening_hours jsonb,
    open_periods tstzmultirange,
    open_periods_until timestamptz,
    tariff_id uuid NOT NULL,
    currency varchar(3) NOT NULL,
    hourly_amount bigint,
    daily_amount bigint,
    status varchar(16) NOT NULL,
    capacity jsonb NOT NULL,
    total_spots integer NOT NULL,
    spot_types text[] NOT NULL,
    source_id text,
    source_digest text,
    created_at timestamptz NOT NULL,
    version integer NOT NULL
);
CREATE INDEX ix_lots_location ON lots USING gist (location) WHERE status <> 'retired';
CREATE INDEX ix_lots_box ON lots USING gist ((location::geometry)) WHERE status <> 'retired';
CREATE INDEX ix_lots_words ON lots USING gin ((name || ' ' || address) gin_trgm_ops) WHERE status <> 'retired';
CREATE INDEX ix_lots_organization_id ON lots (organization_id);
CREATE INDEX ix_lots_open_periods_until ON lots (open_periods_until) WHERE status <> 'retired';
CREATE UNIQUE INDEX uq_lots_source ON lots (organization_id, source_id) WHERE source_id IS NOT NULL;
CREATE TABLE tariffs (
    id uuid CONSTRAINT pk_tariffs PRIMARY KEY,
    organization_id uuid NOT NULL CONSTRAINT fk_tariffs_organization_id REFERENCES organizations,
    parking_lot_id uuid CONSTRAINT fk_tariffs_parking_lot_id REFERENCES lots,
    number integer NOT NULL,
    terms jsonb NOT NULL,
    published_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX uq_tariffs_of_lot ON tariffs (parking_lot_id, number);
CREATE UNIQUE INDEX uq_tariffs_default ON tariffs (organization_id, number) WHERE parking_lot_id IS NULL;
"""

SPOTS = """
CREATE TABLE spots (
    id uuid CONSTRAINT pk_spots PRIMARY KEY,
    parking_lot_id uuid NOT NULL CONSTRAINT fk_spots_parking_lot_id REFERENCES lots,
    organization_id uuid NOT NULL,
    number text NOT NULL,
    type varchar(16) NOT NULL,
    status varchar(16) NOT NULL,
    level text,
    width double precision,
    length double precision,
    x double precision,
    y double precision,
    rotation double precision,
    version integer NOT NULL
);
CREATE UNIQUE INDEX uq_spots_number ON spots (parking_lot_id, number) WHERE status <> 'removed';
CREATE TABLE spot_occupancy (
    spot_id uuid CONSTRAINT pk_spot_occupancy PRIMARY KEY CONSTRAINT fk_spot_occupancy_spot_id REFERENCES spots,
    parking_lot_id uuid NOT NULL,
    occupied boolean NOT NULL,
    observed_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    version integer NOT NULL
);
CREATE TABLE lot_counts (
    parking_lot_id uuid CONSTRAINT pk_lot_counts PRIMARY KEY CONSTRAINT fk_lot_counts_parking_lot_id REFERENCES lots,
    occupied integer NOT NULL,
    capacity integer NOT NULL,
    observed_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    version integer NOT NULL
);
CREATE TABLE free_spots (
    parking_lot_id uuid CONSTRAINT pk_free_spots PRIMARY KEY CONSTRAINT fk_free_spots_parking_lot_id REFERENCES lots,
    usable integer NOT NULL,
    free integer NOT NULL,
    coverage double precision NOT NULL,
    observed_at timestamptz,
    changed_at timestamptz
);
"""

IMPORTS = """
CREATE TABLE imports (
    id uuid CONSTRAINT pk_imports PRIMARY KEY,
    organization_id uuid NOT NULL CONSTRAINT fk_imports_organization_id REFERENCES organizations,
    time_zone text,
    currency varchar(3),
    total integer NOT NULL,
    created integer NOT NULL,
    updated integer NOT NULL,
    unchanged integer NOT NULL,
    status varchar(16) NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    started_at timestamptz NOT NULL
);
CREATE INDEX ix_imports_running ON imports (started_at) WHERE status = 'running';
CREATE TABLE import_rows (
    import_id uuid CONSTRAINT fk_import_rows_import_id REFERENCES imports,
    row integer,
    source_id text,
    feature jsonb,
    reason text,
    CONSTRAINT pk_import_rows PRIMARY KEY (import_id, row)
);
"""


def upgrade() -> None:
    for statement in (EXTENSIONS + LOTS + SPOTS + IMPORTS).split(";\n"):
        if statement.strip():
            op.execute(statement)
    create_messaging_tables(op)


def downgrade() -> None:
    drop_messaging_tables(op)
    op.execute("DROP TABLE import_rows, imports, free_spots, lot_counts, spot_occupancy, spots, tariffs, lots")
    op.execute("DROP TABLE organizations")
