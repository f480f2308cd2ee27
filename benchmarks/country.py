"""A country full of car parks, written straight into parking's database: towns, and lots around their middles."""

import math
from collections.abc import Sequence
from random import Random

import asyncpg

from parking_service.domain.values import Place

TOWNS = 200
SOUTH, WEST, EXTENT = 44.0, 5.0, 11.0
SPREAD, STRAY = 0.03, 0.01  # degrees (3 km, 1 km): of the lots around a town's middle, and of those who look for one
STEP_NORTH, STEP_EAST = 0.7548776662466927, 0.5698402909980532  # spread points evenly (R2 sequence)

OWNERS = """
WITH owner AS (INSERT INTO organizations VALUES (gen_random_uuid(), 'Garages of the country', 1) RETURNING id)
INSERT INTO tariffs (id, organization_id, number, terms, published_at)
SELECT gen_random_uuid(), owner.id, 1, '{}', now() FROM owner
RETURNING id, organization_id
"""

# $1 how many, $2 organization, $3 tariff, $4 towns, $5 south, $6 west, $7 extent, $8 spread, $9 and $10 the steps
LOTS = """
INSERT INTO lots (
    id, organization_id, name, address, latitude, longitude, time_zone, amenities, tariff_id, currency, hourly_amount,
    status, capacity, total_spots, spot_types, created_at, version)
SELECT gen_random_uuid(), $2, 'Car park ' || n, 'Road ' || n % 1000 || ', town ' || town,
    $5 + $7 * (north - floor(north)) + $8 * distance * cos(angle),
    $6 + $7 * (east - floor(east)) + $8 * distance * sin(angle),
    'Europe/Berlin', CASE WHEN n % 3 = 0 THEN '{covered}' ELSE '{}' END::text[], $3, 'EUR', 100 + n % 400,
    'open', '{}', 20 + n % 480, '{standard,accessible}', now(), 1
FROM (
    SELECT n, n % $4::int AS town, n % $4::int * $9::float8 AS north, n % $4::int * $10::float8 AS east,
        sqrt(-2 * ln(1 - random())) AS distance, 2 * pi() * random() AS angle
    FROM generate_series(1, $1::int) AS n
) AS drawn
"""

FREE = """
INSERT INTO free_spots (parking_lot_id, usable, free, coverage, observed_at, changed_at)
SELECT id, total_spots, floor(random() * total_spots), 1, now(), now() FROM lots
"""


async def write_lots(database_url: str, count: int) -> None:
    """So many lots, each with what its sensors saw."""
    connection = await asyncpg.connect(database_url)
    try:
        owner = await connection.fetchrow(OWNERS)
        assert owner
        values = (owner["organization_id"], owner["id"], TOWNS, SOUTH, WEST, EXTENT, SPREAD, STEP_NORTH, STEP_EAST)
        await connection.execute(LOTS, count, *values)
        await connection.execute(FREE)
        await connection.execute("ANALYZE lots, free_spots")
    finally:
        await connection.close()


def places(random: Random, count: int) -> Sequence[Place]:
    """Where people look for a lot: not far from the middle of some town."""
    return [_near(random, random.randrange(TOWNS)) for _ in range(count)]


def _near(random: Random, town: int) -> Place:
    north, east = (math.modf(town * step)[0] * EXTENT for step in (STEP_NORTH, STEP_EAST))
    # Six digits are a decimetre, and as many as an app sends.
    latitude, longitude = SOUTH + north + random.gauss(0, STRAY), WEST + east + random.gauss(0, STRAY)
    return Place(round(latitude, 6), round(longitude, 6))
