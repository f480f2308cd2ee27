"""Copies of parking's lots, spots and tariffs; reservations; allocations; idempotency keys."""

from alembic import op

from parking_messaging.migrations import create_messaging_tables, drop_messaging_tables

revision = "0001"
down_revision = None

COPIES = """
CREATE TABLE lots (
    id uuid CONSTRAINT pk_lots PRIMARY KEY,
    organization_id uuid NOT NULL,
    name text NOT NULL,
    time_zone text NOT NULL,
    latitude double precision NOT NULL,
    longitude double precision NOT NULL,
    is_open boolean NOT NULL,
    opening_hours jsonb,
    closures jsonb NOT NULL,
    tariff_id uuid,
    version integer NOT NULL
);
CREATE INDEX ix_lots_latitude_longitude ON lots (latitude, longitude);
CREATE TABLE spots (
    id uuid CONSTRAINT pk_spots PRIMARY KEY,
    parking_lot_id uuid NOT NULL,
    number text NOT NULL,
    type text NOT NULL,
    in_service boolean NOT NULL,
    version integer NOT NULL
);
CREATE INDEX ix_spots_parking_lot_id ON spots (parking_lot_id) WHERE in_service;
CREATE TABLE tariffs (
    id uuid CONSTRAINT pk_tariffs PRIMARY KEY,
    document jsonb NOT NULL
);
"""

RESERVATIONS = """
CREATE TABLE reservations (
    id uuid CONSTRAINT pk_reservations PRIMARY KEY,
    user_id uuid NOT NULL,
    organization_id uuid NOT NULL,
    parking_lot_id uuid NOT NULL,
    spot_id uuid NOT NULL,
    spot_number text NOT NULL,
    spot_type text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    status varchar(16) NOT NULL,
    tariff_id uuid NOT NULL,
    currency varchar(3) NOT NULL,
    charges jsonb NOT NULL,
    refund_due bigint NOT NULL,
    created_at timestamptz NOT NULL,
    hold_expires_at timestamptz,
    vehicle_plate text,
    parking_session_id uuid,
    entered_at timestamptz,
    exited_at timestamptz,
    version integer NOT NULL,
    returned uuid[] NOT NULL DEFAULT '{}'
);
CREATE INDEX ix_reservations_of_user ON reservations (user_id, created_at, id);
CREATE INDEX ix_reservations_of_lot ON reservations (parking_lot_id, created_at, id);
CREATE INDEX ix_reservations_holds ON reservations (hold_expires_at) WHERE status = 'pending';
CREATE INDEX ix_reservations_confirmed ON reservations (ends_at) WHERE status = 'confirmed';
"""

# No foreign key to reservations: both rows are written by one statement, and the history will be partitioned.
ALLOCATIONS = """
CREATE TABLE allocations (
    id uuid CONSTRAINT pk_allocations PRIMARY KEY,
    parking_lot_id uuid NOT NULL,
    spot_id uuid NOT NULL,
    during tstzrange NOT NULL,
    reservation_id uuid,
    block_id uuid,
    blocking boolean NOT NULL DEFAULT true,
    CONSTRAINT ck_allocations_during_is_not_empty CHECK (NOT isempty(during)),
    CONSTRAINT ck_allocations_one_holder CHECK (num_nonnulls(reservation_id, block_id) = 1),
    CONSTRAINT no_double_booking
        EXCLUDE USING gist (parking_lot_id WITH =, during WITH &&, spot_id WITH =) WHERE (blocking)
);
CREATE INDEX ix_allocations_reservation_id ON allocations (reservation_id);
CREATE TABLE idempotency_keys (
    scope text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    status smallint NOT NULL,
    body bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_idempotency_keys PRIMARY KEY (scope, key)
);
CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at);
CREATE TABLE payments_seen (until timestamptz NOT NULL);
INSERT INTO payments_seen VALUES (now());
"""


def upgrade() -> None:
    for statement in (COPIES + RESERVATIONS + ALLOCATIONS).split(";\n"):
        if statement.strip():
            op.execute(statement)
    create_messaging_tables(op)


def downgrade() -> None:
    drop_messaging_tables(op)
    op.execute("DROP TABLE payments_seen, idempotency_keys, allocations, reservations, tariffs, spots, lots")
