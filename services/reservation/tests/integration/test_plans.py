"""What the statements of the hot path read, whatever else the platform has (docs/decisions/0018)."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from services.reservation.tests.conftest import MakeLot
from services.reservation.tests.driving import TOMORROW, Database, Driver
from sqlalchemy.dialects.postgresql import dialect

from parking_platform.testing.servers import SchemaOwner
from reservation_service.adapters.postgres.bookings import FIND_ANY_SPOT, FIND_FREE_SPOTS, FIND_NAMED_SPOT
from reservation_service.adapters.postgres.gate_lists import CLAIMS, stays_of
from reservation_service.application.ports import LotCopy
from reservation_service.domain.lots import SPOT_TYPES

WAITING = 5_000
ALL_WAIT_ELSEWHERE = f"""
    INSERT INTO reservations
    SELECT (jsonb_populate_record(r, jsonb_build_object(
        'id', left(CAST(r.id AS text), 15) || right(CAST(gen_random_uuid() AS text), 21),
        'parking_lot_id', gen_random_uuid(), 'status', 'pending'))).*
    FROM reservations r, generate_series(1, {WAITING})"""
FULL_ALL_DAY_BEFORE = """
    INSERT INTO allocations (id, parking_lot_id, spot_id, during, reservation_id)
    SELECT gen_random_uuid(), s.parking_lot_id, s.id, tstzrange(hour, hour + interval '1 hour', '[)'), gen_random_uuid()
    FROM spots s, generate_series(CAST(:day AS timestamptz), :day + interval '23 hours', '1 hour') AS hour
    WHERE s.parking_lot_id = :lot"""
MANY_ELSEWHERE = f"""
    INSERT INTO allocations (id, parking_lot_id, spot_id, during, reservation_id)
    SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), a.during, gen_random_uuid()
    FROM allocations a, generate_series(1, {WAITING})"""
EXPLAIN = "EXPLAIN (ANALYZE, FORMAT JSON) "
STABLE, VOLATILE = "statement_timestamp()", "clock_timestamp()"
THREE_HOURS = (TOMORROW, TOMORROW + timedelta(hours=3))
REST = (UUID(int=0), None)  # from which id on, and the tariff version of no quote
WAIT_ELSEWHERE = "'parking_lot_id', gen_random_uuid(), 'status', 'pending'"
ONE_DAY = timedelta(days=1)


@pytest.mark.parametrize("known", ["nothing", "that none waits", "all"])
async def test_holds_that_wait_elsewhere_are_not_read(
    driver: Driver, lot: LotCopy, database: Database, database_url: str, known: str, schema_owner: SchemaOwner
) -> None:
    """Whatever the planner knows of the table: its figures may be from a night, and be asked in the morning."""
    held = await driver.holds(lot)
    await database.rows("UPDATE reservations SET status = 'confirmed'")
    if known == "that none waits":
        await schema_owner.run("ANALYZE")
    await database.rows(ALL_WAIT_ELSEWHERE)
    if known == "all":
        await schema_owner.run("ANALYZE")
    connection = await asyncpg.connect(database_url)

    async def read(change: Callable[[str], str]) -> set[int]:
        named, motorcycle = change(FIND_NAMED_SPOT), change(FIND_ANY_SPOT)
        return {
            await rows_read(connection, "reservations", named, lot.id, held["spot_id"], *THREE_HOURS, *REST),
            await rows_read(connection, "reservations", motorcycle, lot.id, *THREE_HOURS, "motorcycle", 5, [], *REST),
        }

    assert await read(lambda statement: statement) <= {0, 1}
    if known == "that none waits":  # the negative control: no index finds what is due by an instant that moves
        assert await read(lambda statement: statement.replace(STABLE, VOLATILE)) == {WAITING}
    await connection.close()


@pytest.mark.parametrize("known", ["nothing", "all"])
async def test_what_other_spots_and_lots_have_taken_is_not_read(
    driver: Driver, make_lot: MakeLot, database: Database, database_url: str, known: str, schema_owner: SchemaOwner
) -> None:
    lot = await make_lot(("standard",))
    held = await driver.holds(lot)
    await database.rows(MANY_ELSEWHERE)
    if known == "all":
        await schema_owner.run("ANALYZE")
    connection = await asyncpg.connect(database_url)

    async def read(change: Callable[[str], str]) -> set[int]:
        named, any_spot = change(FIND_NAMED_SPOT), change(FIND_ANY_SPOT)
        return {
            await rows_read(connection, "allocations", named, lot.id, held["spot_id"], *THREE_HOURS, *REST),
            await rows_read(connection, "allocations", any_spot, lot.id, *THREE_HOURS, None, 5, ["standard"], *REST),
        }

    assert max(await read(lambda statement: statement)) <= 3  # taken, around, overdue
    # The negative control: the constraint's index is of those that block, and serves no question about all of them.
    assert await read(lambda statement: statement.replace(" AND a.blocking", "")) == {WAITING + 1}
    await connection.close()


@pytest.mark.parametrize("known", ["nothing", "all"])
async def test_a_gates_list_reads_its_lots_day_and_stays_alone(
    driver: Driver, lot: LotCopy, database: Database, database_url: str, known: str, schema_owner: SchemaOwner
) -> None:
    await driver.holds(lot)
    await driver.holds(lot, start=TOMORROW + timedelta(days=3))
    await database.rows(MANY_ELSEWHERE)
    await database.rows("UPDATE reservations SET status = 'active' WHERE starts_at < :at", at=TOMORROW + ONE_DAY)
    await database.rows(ALL_WAIT_ELSEWHERE.replace(WAIT_ELSEWHERE, "'status', 'completed'"))
    if known == "all":
        await schema_owner.run("ANALYZE")
    connection = await asyncpg.connect(database_url)
    claims = CLAIMS.text
    for place, name in enumerate((":parking_lot_id", ":starts_at", ":ends_at", ":limit"), start=1):
        claims = claims.replace(name, f"${place}")

    async def read(change: Callable[[str], str]) -> int:
        values = (lot.id, TOMORROW, TOMORROW + ONE_DAY, 10)
        return await rows_read(connection, "allocations", change(claims), *values)

    assert await read(lambda statement: statement) == 1
    # The negative control: the constraint's index is of those that block, and serves no question about all of them.
    assert await read(lambda statement: statement.replace("AND blocking ", "")) > WAITING
    stays = str(stays_of(lot.id, 10).compile(dialect=dialect(), compile_kwargs={"literal_binds": True}))
    assert await rows_read(connection, "reservations", stays) == 1
    await schema_owner.run("DROP INDEX ix_reservations_active")  # the negative control
    assert await rows_read(connection, "reservations", stays) > WAITING
    await connection.close()


async def test_what_is_taken_is_read_once_and_not_for_each_spot(
    driver: Driver, lot: LotCopy, database_url: str
) -> None:
    await driver.holds(lot)
    await driver.holds(lot)
    connection = await asyncpg.connect(database_url)
    asked = (lot.id, *THREE_HOURS, None, list(SPOT_TYPES), 100, None)
    assert await rows_read(connection, "allocations", FIND_FREE_SPOTS, *asked) == 2
    await connection.close()


@pytest.mark.parametrize("known", ["nothing", "all"])
async def test_the_timetable_is_not_read_for_each_spot_that_is_free(
    make_lot: MakeLot, database: Database, database_url: str, known: str, schema_owner: SchemaOwner
) -> None:
    """Once for what is taken, once for the gaps around the period."""
    lot = await make_lot(("standard",) * 20)
    await database.rows(FULL_ALL_DAY_BEFORE, day=TOMORROW - timedelta(days=1), lot=lot.id)
    if known == "all":
        await schema_owner.run("ANALYZE")
    connection = await asyncpg.connect(database_url)
    (row,) = await connection.fetch(EXPLAIN + FIND_ANY_SPOT, lot.id, *THREE_HOURS, None, 5, ["standard"], *REST)
    assert sum(n["Actual Loops"] for n in nodes(plan_of(row)) if n.get("Relation Name") == "allocations") == 2
    await connection.close()


async def rows_read(connection: asyncpg.Connection, table: str, statement: str, *values: object) -> int:
    """How many rows of a table, or of its partitions, the statement looked at, wanted or not."""
    (row,) = await connection.fetch(EXPLAIN + statement, *values)
    read = 0
    for node in nodes(plan_of(row)):
        if node.get("Relation Name", "").startswith(table):
            each = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
            read += each * node["Actual Loops"]
    return read


def plan_of(row: asyncpg.Record) -> dict[str, Any]:
    return json.loads(row[0])[0]["Plan"]


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)
