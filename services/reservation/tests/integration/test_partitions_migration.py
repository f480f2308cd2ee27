"""The table that was there becomes the first partition: no row is lost, no right, and back again."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from services.reservation.tests.driving import Database
from services.reservation.tests.examples import a_hold
from services.reservation.tests.integration.test_refund_orders_migration import FOLDER, move
from sqlalchemy import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from parking_chassis.database import PoolSettings, create_engine
from parking_chassis.ids import make_id_floor, new_id
from parking_chassis.migrations import migrate
from parking_platform.testing.servers import PostgresServer, unique_name
from reservation_service.adapters.postgres.partitions import month_after
from reservation_service.adapters.postgres.rows import reservation_row
from reservation_service.adapters.postgres.tables import reservations

ALL = "SELECT id, created_at, status, charges FROM reservations ORDER BY id"
WHERE = "SELECT id, CAST(CAST(tableoid AS regclass) AS text) FROM reservations"
BOUNDARY = "SELECT reservations_by_month_from()"
NEWEST = "SELECT max(relname) FROM pg_class WHERE relispartition AND relkind = 'r' AND relname ~ '^reservations_2'"
ANY_ID = UUID("dddddddd-dddd-4ddd-8ddd-dddddddddddd")


@pytest_asyncio.fixture
async def engine(postgres_server: PostgresServer) -> AsyncIterator[AsyncEngine]:
    """A database of the release before."""
    url = await postgres_server.create_database(extensions=["btree_gist"])
    engine = create_engine(url, "tests", PoolSettings())
    await asyncio.to_thread(migrate, url, FOLDER, "0006")
    yield engine
    await engine.dispose()
    await postgres_server.drop_database(urlsplit(url).path.removeprefix("/"))


async def write(engine: AsyncEngine, at: datetime, reservation_id: UUID | None = None) -> UUID:
    row = {**reservation_row(a_hold(at=at).state), "id": reservation_id or new_id(at)}
    del row["moved_from"], row["cancelled_at"]  # which came later than what is tested here
    async with engine.begin() as connection:
        await connection.execute(insert(reservations).values(row))
    return row["id"]


def months_ago(months: int) -> datetime:
    return datetime.now(UTC) - timedelta(days=30 * months)


async def test_rows_of_many_months_are_all_there_and_in_the_first_partition(engine: AsyncEngine) -> None:
    now, database = datetime.now(UTC), Database(engine)
    written = {await write(engine, months_ago(months)) for months in (0, 1, 2, 7, 14, 40)}
    # The release before took ids of its own clock, and in the demonstration's past of another time altogether.
    written |= {await write(engine, months_ago(9), new_id(now)), await write(engine, now, UUID(int=7))}
    before = await database.rows(ALL)
    await move(engine, "head")
    assert await database.rows(ALL) == before
    where = dict(await database.rows(WHERE))
    assert where.keys() == written
    ((first,),) = {(each,) for each in where.values()}
    assert first.startswith("reservations_before_")
    # What is created from the boundary on has a month of its own, and all of it goes down and up again.
    ((boundary,),) = await database.rows(BOUNDARY)
    later = await write(engine, month_after(now + timedelta(days=40)))
    assert later > boundary
    assert dict(await database.rows(WHERE))[later] not in {first, "reservations"}
    before = await database.rows(ALL)
    await move(engine, "0006")
    assert await database.rows(ALL) == before
    assert await database.rows("SELECT 1 FROM pg_class WHERE relname LIKE 'reservations\\_%'") == []


async def test_the_boundary_leaves_the_release_before_more_than_a_week(engine: AsyncEngine) -> None:
    await move(engine, "head")
    database = Database(engine)
    ((boundary,),) = await database.rows(BOUNDARY)
    now = datetime.now(UTC)
    assert make_id_floor(now + timedelta(days=8)) < boundary <= make_id_floor(now + timedelta(days=40))
    months = [make_id_floor(now)]
    at = now
    while months[-1] < boundary:
        at = month_after(at)
        months.append(make_id_floor(at))
    assert months[-1] == boundary, "the beginning of a month, and the database's floor is Python's"


async def test_an_id_of_no_time_stops_it_and_changes_nothing(engine: AsyncEngine) -> None:
    await write(engine, months_ago(1), ANY_ID)
    with pytest.raises(DBAPIError, match="ids"):
        await move(engine, "head")
    await engine.dispose()
    assert await Database(engine).rows("SELECT id FROM reservations") == [(ANY_ID,)]
    assert await Database(engine).rows("SELECT version_num FROM alembic_version") == [("0006",)]


async def test_an_index_that_was_built_beforehand_is_taken(engine: AsyncEngine) -> None:
    database = Database(engine)
    await database.rows("CREATE UNIQUE INDEX reservations_id_parking_lot_id ON reservations (id, parking_lot_id)")
    ((built,),) = await database.rows(
        "SELECT relfilenode FROM pg_class WHERE relname = 'reservations_id_parking_lot_id'"
    )
    await move(engine, "head")
    keys = "SELECT relfilenode FROM pg_class JOIN pg_index ON indexrelid = oid WHERE indisprimary"
    assert (built,) in await database.rows(f"{keys} AND starts_with(relname, 'reservations_before_')")


@pytest_asyncio.fixture
async def roles(engine: AsyncEngine) -> AsyncIterator[tuple[str, str]]:
    """One that writes reservations, and one that may do nothing; neither owns a thing."""
    writer, other = unique_name("writer"), unique_name("other")
    database = Database(engine)
    for role in (writer, other):
        await database.rows(f"CREATE ROLE {role} LOGIN PASSWORD '{role}'")
    yield writer, other
    for role in (writer, other):
        await database.rows(f"DROP OWNED BY {role}")
        await database.rows(f"DROP ROLE {role}")


async def test_a_service_that_does_not_own_the_tables_keeps_its_rights(
    engine: AsyncEngine, roles: tuple[str, str]
) -> None:
    writer, other = roles
    database = Database(engine)
    await database.rows(f"GRANT SELECT, INSERT, UPDATE ON reservations TO {writer}")
    await move(engine, "head")
    url = engine.url.set(drivername="postgresql", username=writer, password=writer)
    mine = await asyncpg.connect(url.render_as_string(hide_password=False))
    ((newest,),) = await database.rows(NEWEST)
    await database.rows(f"DROP TABLE {newest}")
    assert await mine.fetchval("SELECT make_reservation_partitions(6)") == 1
    assert await mine.fetchval("SELECT count(*) FROM reservations") == 0
    await mine.execute("UPDATE reservations SET version = 2")
    for refused in ("CREATE TABLE mine (id int)", f"DROP TABLE {newest}", "DELETE FROM reservations"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await mine.execute(refused)
    await mine.close()
    theirs = await asyncpg.connect(url.set(username=other, password=other).render_as_string(hide_password=False))
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="make_reservation_partitions"):
        await theirs.fetchval("SELECT make_reservation_partitions(6)")
    await theirs.close()
