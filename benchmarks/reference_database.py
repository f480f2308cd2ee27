"""What the bookings are held against: a database of its own on the same PostgreSQL, and one raw statement."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import asyncpg

from parking_messaging.fakes.operations import RecordedOperations
from parking_messaging.migrations import create_messaging_tables
from parking_platform.testing.servers import PostgresServer, unique_name

CONNECTIONS = 10
"""As many as reservation's booking path has (`booking_pool_size`)."""

BOOKINGS = """
CREATE TABLE spots (id uuid PRIMARY KEY, parking_lot_id uuid NOT NULL);
CREATE INDEX ON spots (parking_lot_id);
CREATE TABLE bookings (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    parking_lot_id uuid NOT NULL,
    spot_id uuid NOT NULL,
    during tstzrange NOT NULL,
    EXCLUDE USING gist (parking_lot_id WITH =, during WITH &&, spot_id WITH =)
);
"""

_PUBLISHED = """
    INSERT INTO outbox (id, aggregatetype, aggregateid, version, partition_key, type, payload)
    SELECT gen_random_uuid(), 'bookings', booked.id::text, 1, booked.id::text, 'booked', {payload} FROM booked
"""

# $1 lot, $2 spot, $3 start, $4 end, $5 the event
BOOK = f"""
WITH booked AS (
    INSERT INTO bookings (parking_lot_id, spot_id, during) VALUES ($1, $2, tstzrange($3, $4, '[)'))
    ON CONFLICT DO NOTHING RETURNING id
), published AS ({_PUBLISHED.format(payload="$5::bytea")})
SELECT id FROM booked
"""

# $1 lot, $2 start, $3 end, $4 the event
BOOK_ANY = f"""
WITH chosen AS (
    SELECT s.id FROM spots s
    WHERE s.parking_lot_id = $1 AND NOT EXISTS (
        SELECT FROM bookings b
        WHERE b.parking_lot_id = $1 AND b.spot_id = s.id AND b.during && tstzrange($2, $3, '[)'))
    ORDER BY random() LIMIT 1
), booked AS (
    INSERT INTO bookings (parking_lot_id, spot_id, during)
    SELECT $1, chosen.id, tstzrange($2, $3, '[)') FROM chosen
    ON CONFLICT DO NOTHING RETURNING id
), published AS ({_PUBLISHED.format(payload="$4::bytea")})
SELECT EXISTS (SELECT FROM chosen) AS is_any_free, EXISTS (SELECT FROM booked) AS is_booked
"""

type Pool = asyncpg.Pool[asyncpg.Record]


async def made(admin_url: str, *schema: str) -> str:
    """Make a database with the messaging tables, as the services have them, and more; its URL."""
    server, name = PostgresServer(admin_url), unique_name("reference")
    url = await server.create_database(name, extensions=("btree_gist",))
    operations = RecordedOperations()
    create_messaging_tables(operations)
    await server.execute(*operations.statements, *schema, database=name)
    return url


@asynccontextmanager
async def pool_of(url: str) -> AsyncGenerator[Pool]:
    """Connections as the booking path of the service has them: nothing is put back after each use."""

    async def as_it_was(_connection: object) -> None:
        pass

    async with asyncpg.create_pool(url, min_size=CONNECTIONS, max_size=CONNECTIONS, reset=as_it_was) as pool:
        yield pool


async def made_for_bookings(admin_url: str) -> str:
    """The reference's database, empty; its URL."""
    return await made(admin_url, BOOKINGS)
