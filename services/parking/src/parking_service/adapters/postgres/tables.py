"""The tables of parking's database."""

from geoalchemy2 import Geography
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Double,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    Uuid,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSTZMULTIRANGE

from parking_chassis.ended_logins import ended_logins_table
from parking_chassis.stored_answers import idempotency_table
from parking_chassis.stored_jobs import job_columns
from parking_chassis.tables import instant, service_metadata
from parking_messaging.tables import messaging_tables
from parking_service.domain.bookings import ENDED
from parking_service.domain.lots import DEFAULT_SOURCE

metadata = service_metadata()

IN_USE = text("status <> 'retired'")
NEEDS_SUPPLY = text(f"status NOT IN ({', '.join(repr(status) for status in sorted(ENDED))})")
# From when on a booking counts in its lot: from its start, and at once where its car is in, however early it came.
# Written as PostgreSQL shows it, by which the schema is compared.
COUNTS_FROM = text("""(
CASE
    WHEN status = 'active'::text THEN '-infinity'::timestamp with time zone
    ELSE starts_at
END)""")

organizations = Table(
    "organizations",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
)

lots = Table(
    "lots",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organization_id", Uuid, ForeignKey("organizations.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text),
    Column("address", Text, nullable=False),
    Column("latitude", Double, nullable=False),
    Column("longitude", Double, nullable=False),
    Column(
        "location",
        Geography("POINT", srid=4326, spatial_index=False),
        Computed("ST_SetSRID(ST_MakePoint(longitude, latitude), 4326)::geography", persisted=True),
    ),
    Column("time_zone", Text, nullable=False),
    Column("amenities", ARRAY(Text), nullable=False),
    Column("opening_hours", JSONB(none_as_null=True)),
    Column("open_periods", TSTZMULTIRANGE),
    Column("open_periods_until", instant()),
    Column("tariff_id", Uuid),
    Column("currency", String(3), nullable=False),
    Column("hourly_amount", BigInteger),
    Column("daily_amount", BigInteger),
    Column("status", String(16), nullable=False),
    Column("capacity", JSONB, nullable=False),
    Column("total_spots", Integer, nullable=False),
    Column("spot_types", ARRAY(Text), nullable=False),
    Column("source", Text, server_default=DEFAULT_SOURCE),
    Column("source_id", Text),
    Column("source_digest", Text),
    Column("created_at", instant(), nullable=False),
    Column("version", Integer, nullable=False),
    CheckConstraint("latitude BETWEEN -90 AND 90", name="latitude"),
    CheckConstraint("longitude BETWEEN -180 AND 180", name="longitude"),
    Index("ix_lots_location", "location", postgresql_using="gist", postgresql_where=IN_USE),
    # These two are of retired lots as well: PostgreSQL uses what it knows of an expression's values only where the
    # index is of all rows, and without that it takes every box and every word for rare.
    Index("ix_lots_box", text("(location::geometry)"), postgresql_using="gist"),
    Index(
        "ix_lots_words",
        literal_column("folded((name || ' '::text) || address)").label("words"),
        postgresql_using="gin",
        postgresql_ops={"words": "gin_trgm_ops"},
    ),
    Index("ix_lots_name", "name", "id", postgresql_where=IN_USE),
    Index("ix_lots_hourly_amount", "hourly_amount", "id", postgresql_where=IN_USE),
    Index("ix_lots_of_organization", "organization_id", "name", "id", postgresql_where=IN_USE),
    Index("ix_lots_features", "amenities", "spot_types", postgresql_using="gin", postgresql_where=IN_USE),
    Index("ix_lots_open_periods_until", "open_periods_until", postgresql_where=IN_USE),
    # A draft has no tariff, and what has none is not on sale.
    CheckConstraint("status IN ('draft', 'retired') OR tariff_id IS NOT NULL", name="tariff_id"),
    Index(
        "uq_lots_source",
        *("organization_id", "source", "source_id"),
        unique=True,
        postgresql_where=text("source_id IS NOT NULL"),
    ),
)

tariffs = Table(
    "tariffs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organization_id", Uuid, ForeignKey("organizations.id"), nullable=False),
    # Checked when the transaction ends: a tariff is stored, and so published, before the lot that it is of.
    Column("parking_lot_id", Uuid, ForeignKey("lots.id", deferrable=True, initially="DEFERRED")),
    Column("number", Integer, nullable=False),
    Column("terms", JSONB, nullable=False),
    Column("published_at", instant(), nullable=False),
    Index("uq_tariffs_of_lot", "parking_lot_id", "number", unique=True),
    Index(
        "uq_tariffs_default",
        "organization_id",
        "number",
        unique=True,
        postgresql_where=text("parking_lot_id IS NULL"),
    ),
)

spots = Table(
    "spots",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("parking_lot_id", Uuid, ForeignKey("lots.id"), nullable=False),
    Column("organization_id", Uuid, nullable=False),
    Column("number", Text, nullable=False),
    Column("type", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("level", Text),
    Column("width", Double),
    Column("length", Double),
    Column("x", Double),
    Column("y", Double),
    Column("rotation", Double),
    Column("version", Integer, nullable=False),
    Index("uq_spots_number", "parking_lot_id", "number", unique=True, postgresql_where=text("status <> 'removed'")),
)

spot_occupancy = Table(
    "spot_occupancy",
    metadata,
    Column("spot_id", Uuid, ForeignKey("spots.id"), primary_key=True),
    Column("parking_lot_id", Uuid, nullable=False),
    Column("occupied", Boolean, nullable=False),
    Column("observed_at", instant(), nullable=False),
    Column("changed_at", instant(), nullable=False),
    Column("version", Integer, nullable=False),
)

lot_counts = Table(
    "lot_counts",
    metadata,
    Column("parking_lot_id", Uuid, ForeignKey("lots.id"), primary_key=True),
    Column("occupied", Integer, nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("observed_at", instant(), nullable=False),
    Column("changed_at", instant(), nullable=False),
    Column("version", Integer, nullable=False),
)

free_spots = Table(
    "free_spots",
    metadata,
    Column("parking_lot_id", Uuid, ForeignKey("lots.id"), primary_key=True),
    Column("usable", Integer, nullable=False),
    Column("free", Integer, nullable=False),
    Column("coverage", Double, nullable=False),
    Column("observed_at", instant()),
    Column("changed_at", instant()),
    Column("taken", Integer),
    Column("fading", Double, nullable=False, server_default="0"),
    Column("fresh_since", instant()),
    Column("counted_at", instant(), nullable=False, server_default=text("now()")),
    Column("next_at", instant()),
    Index("ix_free_spots_free", text("free DESC"), "parking_lot_id"),
    Index("ix_free_spots_next_at", "next_at", postgresql_where=text("next_at IS NOT NULL")),
)

imports = Table(
    "imports",
    metadata,
    *job_columns(),
    Column("organization_id", Uuid, ForeignKey("organizations.id"), nullable=False),
    Column("time_zone", Text),
    Column("currency", String(3)),
    Column("source", Text, nullable=False, server_default=DEFAULT_SOURCE),
    Column("columns", JSONB, nullable=False, server_default="{}"),
    Column("terms", JSONB(none_as_null=True)),
    Column("affected", String(16)),
    Column("created", Integer, nullable=False),
    Column("updated", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("refused", Integer, nullable=False, server_default="0"),
    Column("warned", Integer, nullable=False, server_default="0"),
    Column("not_honoured", JSONB, nullable=False, server_default="{}"),
)

import_rows = Table(
    "import_rows",
    metadata,
    Column("import_id", Uuid, ForeignKey("imports.id"), primary_key=True),
    Column("row", Integer, primary_key=True),
    Column("source_id", Text),
    Column("feature", JSONB(none_as_null=True)),
    Column("reason", Text),
    Index("ix_import_rows_waiting", "import_id", "row", postgresql_where=text("reason IS NULL")),
    Index("ix_import_rows_refused", "import_id", "row", postgresql_where=text("reason IS NOT NULL")),
)

import_warnings = Table(
    "import_warnings",
    metadata,
    Column("import_id", Uuid, ForeignKey("imports.id"), primary_key=True),
    Column("row", Integer, primary_key=True),
    Column("source_id", Text),
    Column("reason", Text, nullable=False),
)

bookings = Table(
    "bookings",
    metadata,
    Column("reservation_id", Uuid, primary_key=True),
    Column("parking_lot_id", Uuid, nullable=False),
    Column("spot_id", Uuid, nullable=False),
    Column("spot_number", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("starts_at", instant(), nullable=False),
    Column("ends_at", instant(), nullable=False),
    Column("version", Integer, nullable=False),
    Column("committed_at", instant(), nullable=False),
    Index(
        "ix_bookings_needing_supply",
        "parking_lot_id",
        "spot_id",
        postgresql_where=NEEDS_SUPPLY,
    ),
    Index("ix_bookings_counting_from", "parking_lot_id", COUNTS_FROM, postgresql_where=NEEDS_SUPPLY),
    Index("ix_bookings_committed_at", "committed_at"),
)

supply_changes = Table(
    "supply_changes",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("parking_lot_id", Uuid, ForeignKey("lots.id"), nullable=False),
    Column("organization_id", Uuid, nullable=False),
    Column("affected", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("total", Integer, nullable=False),
    Column("moved", Integer, nullable=False),
    Column("refunded", Integer, nullable=False),
    Column("cancelled", Integer, nullable=False),
    Column("waiting_for_exit", Integer, nullable=False),
    Column("started_at", instant(), nullable=False),
    Column("ended_at", instant()),
    Column("version", Integer, nullable=False),
    Column("import_id", Uuid, ForeignKey("imports.id")),
    Column("whole_lot", Boolean, nullable=False, server_default="false"),
    Column("spot_ids", ARRAY(Uuid), nullable=False, server_default="{}"),
    Column("new_hours", JSONB(none_as_null=True)),
    Column("time_zone", Text, nullable=False, server_default="UTC"),
    Index(
        "ix_supply_changes_import_id",
        "import_id",
        "id",
        postgresql_where=text("import_id IS NOT NULL"),
    ),
    Index("ix_supply_changes_running", "parking_lot_id", "id", postgresql_where=text("status = 'running'")),
)
IS_RUNNING = supply_changes.c.status == "running"

messaging = messaging_tables(metadata)
ended_logins = ended_logins_table(metadata)
idempotency_keys = idempotency_table(metadata)
