"""The tables of notification's database."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from parking_chassis.ended_logins import ended_logins_table
from parking_chassis.tables import instant, service_metadata
from parking_messaging.tables import messaging_tables

metadata = service_metadata()

lots = Table(
    "lots",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("version", Integer, nullable=False),
)

organizations = Table(
    "organizations",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("members", ARRAY(Uuid), nullable=False),
    Column("version", Integer, nullable=False),
)

reservation_owners = Table(
    "reservation_owners",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid),
    Column("organization_id", Uuid, nullable=False),
    Column("held_until", instant()),
    Column("version", Integer, nullable=False),
)

payments = Table(
    "payments",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("amount", BigInteger, nullable=False),
    Column("is_disputed", Boolean, nullable=False),
    Column("refunds", JSONB, nullable=False),
    Column("version", Integer, nullable=False),
)

notifications = Table(
    "notifications",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("parking_lot_id", Uuid, nullable=False),
    Column("reservation_id", Uuid, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("spot_number", Text),
    Column("starts_at", instant()),
    Column("ends_at", instant()),
    Column("event_id", Uuid, nullable=False),
    Column("created_at", instant(), nullable=False),
    Column("read_at", instant()),
    Column("version", Integer, nullable=False),
    Column("trace", JSONB, nullable=False, server_default=text("'{}'")),
    Column("reason", Text),
    Column("previous_spot_number", Text),
    Column("held_until", instant()),
    Column("operator_reason", Text),
    UniqueConstraint("event_id", "user_id", name="uq_notifications_event_id_user_id"),
    Index("ix_notifications_of_user", "user_id", "created_at", "id"),
    Index("ix_notifications_of_kind", "user_id", "kind", "created_at", "id"),
    Index("ix_notifications_unread", "user_id", "created_at", "id", postgresql_where=text("read_at IS NULL")),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("notification_id", Uuid, ForeignKey("notifications.id"), nullable=False),
    Column("user_id", Uuid, nullable=False),
    Column("reservation_id", Uuid, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("due_at", instant(), nullable=False),
    Column("created_at", instant(), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("attempted_at", instant()),
    Column("failure", String(16)),
    Column("version", Integer, nullable=False),
    UniqueConstraint("notification_id", "channel"),
    Index("ix_deliveries_due", "due_at", postgresql_where=text("status = 'pending'")),
    Index("ix_deliveries_ended", "attempted_at", postgresql_where=text("status <> 'pending'")),
)

rooms = Table(
    "rooms",
    metadata,
    Column("room", Text, primary_key=True),
    Column("last_id", BigInteger, nullable=False),
)

room_events = Table(
    "room_events",
    metadata,
    Column("room", Text, primary_key=True),
    Column("id", BigInteger, primary_key=True),
    Column("event", Text, nullable=False),
    Column("data", Text, nullable=False),
    Column("told_at", instant(), nullable=False, server_default=text("now()"), index=True),
)

tickets = Table(
    "tickets",
    metadata,
    Column("secret_hash", LargeBinary, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("organizations", ARRAY(Text), nullable=False),
    Column("permissions", ARRAY(Text), nullable=False),
    Column("token_expires_at", Double, nullable=False),
    Column("login_id", Text),
    Column("expires_at", instant(), nullable=False, index=True),
)

messaging = messaging_tables(metadata)
ended_logins = ended_logins_table(metadata)
