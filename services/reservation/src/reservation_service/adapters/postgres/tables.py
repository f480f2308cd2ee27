"""The tables of reservation's database."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    Index,
    Integer,
    String,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE, ExcludeConstraint

from parking_chassis.ended_logins import ended_logins_table
from parking_chassis.stored_answers import idempotency_table
from parking_chassis.tables import instant, service_metadata
from parking_messaging.tables import messaging_tables

metadata = service_metadata()

lots = Table(
    "lots",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organization_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("latitude", Double, nullable=False),
    Column("longitude", Double, nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("opening_hours", JSONB),
    Column("closures", JSONB, nullable=False),
    Column("tariff_id", Uuid),
    Column("announced_tariff_id", Uuid),
    Column("version", Integer, nullable=False),
    Column("is_retired", Boolean, nullable=False, server_default="false"),
    Column("supply_change_id", Uuid),
    Index("ix_lots_supply_change_id", "supply_change_id", postgresql_where=text("supply_change_id IS NOT NULL")),
    Index("ix_lots_latitude_longitude", "latitude", "longitude"),
    Index(
        "ix_lots_announced_tariff_id",
        "announced_tariff_id",
        postgresql_where=text("announced_tariff_id IS NOT NULL"),
    ),
)

spots = Table(
    "spots",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("parking_lot_id", Uuid, nullable=False),
    Column("number", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("in_service", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("supply_change_id", Uuid),
    Index("ix_spots_supply_change_id", "supply_change_id", postgresql_where=text("supply_change_id IS NOT NULL")),
    Index("ix_spots_parking_lot_id", "parking_lot_id", postgresql_where=text("in_service")),
)

tariffs = Table(
    "tariffs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("document", JSONB, nullable=False),
)

# One partition for each month, by the ids' time (docs/decisions/0015). The key is the id and its lot: that an id alone
# is unique is by its making (UUIDv7). What refers to a reservation (allocations, events, payments) names it alone.
reservations = Table(
    "reservations",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, nullable=False),
    Column("organization_id", Uuid, nullable=False),
    Column("parking_lot_id", Uuid, primary_key=True),
    Column("spot_id", Uuid, nullable=False),
    Column("spot_number", Text, nullable=False),
    Column("spot_type", Text, nullable=False),
    Column("starts_at", instant(), nullable=False),
    Column("ends_at", instant(), nullable=False),
    Column("status", String(16), nullable=False),
    Column("tariff_id", Uuid, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("charges", JSONB, nullable=False),
    Column("refund_due", BigInteger, nullable=False),
    Column("created_at", instant(), nullable=False),
    Column("hold_expires_at", instant()),
    Column("vehicle_plate", Text),
    Column("parking_session_id", Uuid),
    Column("entered_at", instant()),
    Column("exited_at", instant()),
    Column("version", Integer, nullable=False),
    # Read and written by the release before alone, while both run; it goes with the next one.
    Column("returned", ARRAY(Uuid), nullable=False, server_default=text("'{}'")),
    Column("refund_orders", JSONB, nullable=False, server_default=text("'[]'")),
    Column("moved_from", JSONB),
    Column("cancelled_at", instant()),
    CheckConstraint(
        "refund_due = 0 AND refund_orders = '[]' OR refund_due = refund_orders_total(refund_orders)",
        name="refund_due_is_the_orders_sum",
    ),
    Index("ix_reservations_of_user", "user_id", "created_at", "id"),
    Index("ix_reservations_of_lot", "parking_lot_id", "created_at", "id"),
    Index("ix_reservations_of_lot_by_start", "parking_lot_id", "starts_at", "id"),
    Index("ix_reservations_holds", "hold_expires_at", postgresql_where=text("status = 'pending'")),
    Index("ix_reservations_confirmed", "ends_at", postgresql_where=text("status = 'confirmed'")),
    Index("ix_reservations_active", "parking_lot_id", postgresql_where=text("status = 'active'")),
    postgresql_partition_by="RANGE (id)",
)

allocations = Table(
    "allocations",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("parking_lot_id", Uuid, nullable=False),
    Column("spot_id", Uuid, nullable=False),
    Column("during", TSTZRANGE, nullable=False),
    Column("reservation_id", Uuid),
    Column("block_id", Uuid),
    Column("blocking", Boolean, nullable=False, server_default="true"),
    CheckConstraint("NOT isempty(during)", name="during_is_not_empty"),
    CheckConstraint("num_nonnulls(reservation_id, block_id) = 1", name="one_holder"),
    ExcludeConstraint(
        ("parking_lot_id", "="), ("during", "&&"), ("spot_id", "="), where=text("blocking"), name="no_double_booking"
    ),
    Index("ix_allocations_reservation_id", "reservation_id"),
)

supply_changes = Table(
    "supply_changes",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("parking_lot_id", Uuid, nullable=False),
    Column("organization_id", Uuid, nullable=False),
    Column("affected", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("total", Integer, nullable=False),
    Column("moved", Integer, nullable=False),
    Column("refunded", Integer, nullable=False),
    Column("cancelled", Integer, nullable=False),
    Column("waiting", ARRAY(Uuid), nullable=False),
    Column("exited", Integer, nullable=False),
    Column("last_reservation_id", Uuid),
    Column("last_outcome", String(32)),
    Column("settled_by", instant()),
    Column("due_at", instant(), nullable=False),
    Column("at", instant(), nullable=False),
    Column("version", Integer, nullable=False),
    Index("ix_supply_changes_due_at", "due_at", postgresql_where=text("status = 'running'")),
)

early_exits = Table(
    "early_exits",
    metadata,
    Column("reservation_id", Uuid, primary_key=True),
    Column("exited_at", instant(), primary_key=True),
    Column("kept_at", instant(), nullable=False, server_default=text("now()")),
    Index("ix_early_exits_kept_at", "kept_at"),
)

unsettled_stays = Table(
    "unsettled_stays",
    metadata,
    Column("reservation_id", Uuid, primary_key=True),
    Column("parking_lot_id", Uuid, nullable=False),
    Column("entered_at", instant()),
    Column("exited_at", instant()),
    Column("kept_at", instant(), nullable=False, server_default=text("now()")),
    Index("ix_unsettled_stays_kept_at", "kept_at"),
)

operator_cancellations = Table(
    "operator_cancellations",
    metadata,
    Column("reservation_id", Uuid, primary_key=True),
    Column("cancelled_by", Uuid, nullable=False),
    Column("reason", Text, nullable=False),
    Column("refund", String(16), nullable=False),
    Column("cancelled_at", instant(), nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("suspended_at", instant()),
    Column("version", Integer, nullable=False),
)

payment_watermark = Table(
    "payments_seen",
    metadata,
    Column("until", instant(), nullable=False),
    Column("held", ARRAY(Uuid), nullable=False, server_default=text("'{}'")),
)

messaging = messaging_tables(metadata)
ended_logins = ended_logins_table(metadata)
idempotency_keys = idempotency_table(metadata)
