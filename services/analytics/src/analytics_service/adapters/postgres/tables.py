"""The tables of analytics' database."""

from sqlalchemy import Column, Index, Integer, String, Table, Text, Uuid, text

from parking_chassis.ended_logins import ended_logins_table
from parking_chassis.tables import instant, service_metadata
from parking_messaging.tables import messaging_tables

metadata = service_metadata()

lots = Table(
    "lots",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organization_id", Uuid, nullable=False, index=True),
    Column("time_zone", Text, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("spots", Integer, nullable=False),
    Column("version", Integer, nullable=False),
)

lot_sizes = Table(
    "lot_sizes",
    metadata,
    Column("parking_lot_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("since", instant(), nullable=False),
    Column("spots", Integer, nullable=False),
)

indices = Table(
    "indices",
    metadata,
    Column("name", Text, primary_key=True),
    Column("projection", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("changed_at", instant(), nullable=False, server_default=text("now()")),
    Index(
        "uq_indices_state_of_projection", "projection", "state", unique=True, postgresql_where=text("state <> 'over'")
    ),
)

messaging = messaging_tables(metadata)
ended_logins = ended_logins_table(metadata)
