"""What the search without a place reads, however many lots there are: a page, whatever is asked for."""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from parking_platform.testing.databases import DatabaseCopies
from parking_service.adapters.postgres.lot_search import search_statement
from parking_service.application.ports import Box, LotFilter
from parking_service.domain.spots import SpotType

LOTS: Final = 20_000
LIMIT, OFFSET = 21, 40
EXPLAIN: Final = "EXPLAIN (ANALYZE, FORMAT JSON) "
EVERYWHERE: Final = Box(5, 44, 16, 55)

# Every lot is a car park with standard spots; one of a hundred has toilets, one of ten thousand stands in Suhr.
COUNTRY: Final = f"""
WITH owners AS (INSERT INTO organizations SELECT gen_random_uuid(), 'Owner', 1 FROM generate_series(1, 2) RETURNING id),
numbered AS (SELECT id, row_number() OVER () AS number FROM owners)
INSERT INTO lots (
    id, organization_id, name, address, latitude, longitude, time_zone, amenities, tariff_id, currency, hourly_amount,
    status, capacity, total_spots, spot_types, created_at, version)
SELECT gen_random_uuid(), owner.id, 'Car park ' || n,
    'Road ' || n || CASE WHEN n % 10000 = 7 THEN ', Suhr' ELSE '' END,
    44 + 11 * random(), 5 + 11 * random(), 'Europe/Zurich',
    CASE WHEN n % 100 = 1 THEN '{{covered,toilets}}' ELSE '{{covered}}' END::text[],
    gen_random_uuid(), 'CHF', 100 + n % 400,
    CASE WHEN n % 50 = 0 THEN 'retired' ELSE 'open' END, '{{}}', 10, '{{standard}}', now(), 1
FROM generate_series(1, {LOTS}) AS n JOIN numbered owner ON owner.number = 1 + n % 2;
INSERT INTO free_spots SELECT id, 10, floor(11 * random()), 1, now(), now() FROM lots;
"""

FULL_PAGES: Final[dict[str, dict[str, Any]]] = {
    "by name": {},
    "by price": {"sort": "price"},
    "by availability": {"sort": "availability"},
    "in a box that holds all": {"box": EVERYWHERE},
    "in a box, by price": {"box": EVERYWHERE, "sort": "price"},
    "a word of every name": {"words": ("park",)},
    "a frequent amenity": {"amenities": ("covered",)},
    "a frequent type": {"spot_type": SpotType.STANDARD},
    "what is open": {"open_now": True},
}
FEW: Final[dict[str, dict[str, Any]]] = {
    "a rare word": {"words": ("Suhr",)},
    "a rare word, misspelt": {"words": ("Suhrr",)},
    "a word of no lot": {"words": ("Zollikofen",)},
    "an amenity of no lot": {"amenities": ("sauna",)},
    "a rare word in a box": {"words": ("Suhr",), "box": EVERYWHERE},
    "a price below all": {"max_hourly": 99},
}


@pytest_asyncio.fixture(scope="module")
async def country(databases: DatabaseCopies) -> AsyncIterator[asyncpg.Connection]:
    async with databases.one() as url:
        connection = await asyncpg.connect(databases.schema_owner(url).url)  # who may VACUUM, and take an index away
        await connection.execute(COUNTRY)
        # As autovacuum does: what was just inserted into the index of words has to be read in full until then.
        await connection.execute("VACUUM (ANALYZE) lots, free_spots")
        yield connection
        await connection.close()


def wanted(**changes: Any) -> LotFilter:
    return LotFilter(**{"at": datetime.now(UTC), "sort": "name", "limit": LIMIT, "offset": OFFSET, **changes})


@pytest.mark.parametrize("asked", FULL_PAGES.values(), ids=FULL_PAGES)
async def test_a_page_is_read_in_the_order_of_an_index(country: asyncpg.Connection, asked: dict[str, Any]) -> None:
    rows, read = await searched(country, wanted(**asked))
    assert rows == LIMIT
    assert read <= 1.2 * (LIMIT + OFFSET)  # some of the lots are retired


async def test_so_is_a_page_of_an_organization(country: asyncpg.Connection) -> None:
    organization_id = await country.fetchval("SELECT organization_id FROM lots LIMIT 1")
    for sort in ("name", "price"):
        rows, read = await searched(country, wanted(organization_id=organization_id, sort=sort))
        assert rows == LIMIT
        assert read <= 3 * (LIMIT + OFFSET)  # by price, those of the other one as well


@pytest.mark.parametrize("asked", FEW.values(), ids=FEW)
async def test_what_is_rare_is_looked_up(country: asyncpg.Connection, asked: dict[str, Any]) -> None:
    rows, read = await searched(country, wanted(offset=0, **asked))
    assert rows <= 2
    assert read <= 20


async def test_pages_follow_each_other_without_gap_or_repeat(country: asyncpg.Connection) -> None:
    """Half of the lots have the same number of free spots as a tenth of the others, and a price as fifty others."""
    for sort in ("name", "price", "availability"):
        seen: list[UUID] = []
        for offset in range(0, 400, 100):
            text, arguments = search_statement(wanted(sort=sort, limit=100, offset=offset))
            seen += [row["id"] for row in await country.fetch(text, *arguments)]
        text, arguments = search_statement(wanted(sort=sort, limit=400, offset=0))
        assert seen == [row["id"] for row in await country.fetch(text, *arguments)]
        assert len(set(seen)) == 400


async def test_without_the_index_all_lots_are_read(country: asyncpg.Connection) -> None:
    """The negative control."""
    transaction = country.transaction()
    await transaction.start()
    await country.execute("DROP INDEX ix_lots_name")
    rows, read = await searched(country, wanted())
    await transaction.rollback()
    assert rows == LIMIT
    assert read >= 0.9 * LOTS


async def searched(connection: asyncpg.Connection, asked: LotFilter) -> tuple[int, int]:
    """How many lots were found, and how many were read for it, wanted or not."""
    text, arguments = search_statement(asked)
    (row,) = await connection.fetch(EXPLAIN + text, *arguments)
    plan = json.loads(row[0])[0]["Plan"]
    read = sum(
        (each["Actual Rows"] + each.get("Rows Removed by Filter", 0) + each.get("Rows Removed by Index Recheck", 0))
        * each["Actual Loops"]
        for each in _nodes(plan)
        if each.get("Relation Name") == "lots"
    )
    return plan["Actual Rows"], read


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)
