"""Copies of lots and of whose reservations are; inbox; deliveries; rooms; tickets."""

from alembic import op

from parking_messaging.migrations import create_messaging_tables, drop_messaging_tables

revision = "0001"
down_revision = None

COPIES = """
CREATE TABLE lots (
    id uuid CONSTRAINT pk_lots PRIMARY KEY,
    name text NOT NULL,
    address text NOT NULL,
    time_zone text NOT NULL,
    version integer NOT NULL
);
CREATE TABLE reservation_owners (
    id uuid CONSTRAINT pk_reservation_owners PRIMARY KEY,
    user_id uuid,
    organization_id uuid NOT NULL,
    version integer NOT NULL
);
"""

NOTIFICATIONS = """
CREATE TABLE notifications (
    id uuid CONSTRAINT pk_notifications PRIMARY KEY,
    user_id uuid NOT NULL,
    kind varchar(32) NOT NULL,
    parking_lot_id uuid NOT NULL,
    reservation_id uuid NOT NULL,
    amount bigint NOT NULL,
    currency varchar(3) NOT NULL,
    spot_number text,
    starts_at timestamptz,
    ends_at timestamptz,
    event_id uuid NOT NULL CONSTRAINT uq_notifications_event_id UNIQUE,
    created_at timestamptz NOT NULL,
    read_at timestamptz,
    version integer NOT NULL
);
CREATE INDEX ix_notifications_of_user ON notifications (user_id, created_at, id);
CREATE TABLE deliveries (
    id uuid CONSTRAINT pk_deliveries PRIMARY KEY,
    notification_id uuid NOT NULL CONSTRAINT fk_deliveries_notification_id REFERENCES notifications,
    user_id uuid NOT NULL,
    reservation_id uuid NOT NULL,
    kind varchar(32) NOT NULL,
    channel varchar(16) NOT NULL,
    status varchar(16) NOT NULL,
    due_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    attempts integer NOT NULL,
    attempted_at timestamptz,
    failure varchar(16),
    version integer NOT NULL,
    CONSTRAINT uq_deliveries_notification_id_channel UNIQUE (notification_id, channel)
);
CREATE INDEX ix_deliveries_due ON deliveries (due_at) WHERE status = 'pending';
CREATE INDEX ix_deliveries_ended ON deliveries (attempted_at) WHERE status <> 'pending';
"""

# A room's counter is updated with each of its events: room for HOT updates keeps its index small.
ROOMS = """
CREATE TABLE rooms (
    room text CONSTRAINT pk_rooms PRIMARY KEY,
    last_id bigint NOT NULL
) WITH (fillfactor = 50);
CREATE TABLE room_events (
    room text NOT NULL,
    id bigint NOT NULL,
    event text NOT NULL,
    data text NOT NULL,
    told_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_room_events PRIMARY KEY (room, id)
);
CREATE INDEX ix_room_events_told_at ON room_events (told_at);
CREATE TABLE tickets (
    secret_hash bytea CONSTRAINT pk_tickets PRIMARY KEY,
    subject text NOT NULL,
    organizations text[] NOT NULL,
    permissions text[] NOT NULL,
    token_expires_at double precision NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX ix_tickets_expires_at ON tickets (expires_at);
"""


def upgrade() -> None:
    for statement in (COPIES + NOTIFICATIONS + ROOMS).split(";\n"):
        if statement.strip():
            op.execute(statement)
    create_messaging_tables(op)


def downgrade() -> None:
    drop_messaging_tables(op)
    op.execute("DROP TABLE tickets, room_events, rooms, deliveries, notifications, reservation_owners, lots")
