"""The months of the reservations: made in time by the right role, bookings at their borders, pages across them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from prometheus_client import REGISTRY
from services.reservation.tests.conftest import SignIn, settings_for
from services.reservation.tests.driving import Database, Driver, spot_request
from services.reservation.tests.examples import a_hold
from services.reservation.tests.months import NOW, months_later, put, reservations_on, table_of
from sqlalchemy import insert
from sqlalchemy.exc import DBAPIError

from parking_chassis.ids import make_id_floor, new_id
from parking_chassis.process import timer_loops
from parking_platform.testing.servers import SchemaOwner
from parking_platform.testing.waiting import wait_until
from reservation_service.adapters.postgres.partitions import MONTHS_AHEAD, month_after
from reservation_service.adapters.postgres.rows import reservation_row
from reservation_service.adapters.postgres.tables import reservations
from reservation_service.application.ports import LotCopy
from reservation_service.bootstrap import Reservation, bootstrap
from reservation_service.domain.reservations import ReservationState
from reservation_service.entrypoints.http.app import reservation_app
from reservation_service.entrypoints.worker import partition_timer

MAKE = "SELECT make_reservation_partitions({})"
FIGURE = "reservation_partitions_ahead"
LAST_OF_A_MONTH = timedelta(microseconds=1)


@pytest.fixture
def partitions(database: Database) -> Callable[[], Awaitable[set[str]]]:
    """What partitions there are."""

    async def names() -> set[str]:
        rows = await database.rows(
            "SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid"
            " WHERE inhparent = CAST('reservations' AS regclass)"
        )
        return {name for (name,) in rows}

    return names


Names = Callable[[], Awaitable[set[str]]]


class TestMakingThem:
    async def test_the_present_month_and_six_more_are_there_from_the_start(
        self, service: Reservation, partitions: Names
    ) -> None:
        assert await service.partitions.months_ahead() == MONTHS_AHEAD == 6
        assert table_of(months_later(6)) in await partitions()
        assert table_of(months_later(7)) not in await partitions()

    async def test_again_makes_none_and_what_is_missing_is_made(
        self, service: Reservation, partitions: Names, schema_owner: SchemaOwner
    ) -> None:
        before = await partitions()
        assert await service.partitions.make() == 0
        for month in (4, 6):
            await schema_owner.run(f"DROP TABLE {table_of(months_later(month))}")
        assert await service.partitions.months_ahead() == 3
        assert await service.partitions.make() == 2
        assert await partitions() == before

    async def test_migrate_makes_them_too(
        self, service: Reservation, partitions: Names, schema_owner: SchemaOwner
    ) -> None:
        await schema_owner.run(f"DROP TABLE {table_of(months_later(6))}")
        await service.partitions.make()
        assert table_of(months_later(6)) in await partitions()

    async def test_two_at_once_do_not_disturb_each_other(
        self, service: Reservation, partitions: Names, schema_owner: SchemaOwner
    ) -> None:
        before = await partitions()
        for month in (3, 4, 5, 6):
            await schema_owner.run(f"DROP TABLE {table_of(months_later(month))}")
        made = await asyncio.gather(*(service.partitions.make() for _ in range(5)))
        assert sorted(made) == [0, 0, 0, 0, 4]
        assert await partitions() == before

    @pytest.mark.parametrize("months", ["-1", "25", "NULL", "2147483647"])
    async def test_no_other_number_of_months(self, database: Database, months: str) -> None:
        with pytest.raises(DBAPIError, match="for 0 to 24 months ahead"):
            await database.rows(MAKE.format(months))

    async def test_a_table_that_stands_in_the_way_is_no_partition(
        self, service: Reservation, schema_owner: SchemaOwner
    ) -> None:
        name = table_of(months_later(5))
        await schema_owner.run(f"ALTER TABLE reservations DETACH PARTITION {name}")
        assert await service.partitions.months_ahead() == 4
        with pytest.raises(DBAPIError, match="already exists"):
            await service.partitions.make()

    async def test_what_a_caller_names_in_its_own_schema_is_not_used(
        self, database: Database, schema_owner: SchemaOwner
    ) -> None:
        """The function has its owner's rights, and its own search path."""
        await schema_owner.run(f"DROP TABLE {table_of(months_later(6))}")
        await schema_owner.run("CREATE SCHEMA mine", "GRANT USAGE ON SCHEMA mine TO PUBLIC")
        await schema_owner.run(
            "CREATE FUNCTION mine.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT NULL::timestamptz'"
        )
        async with database.engine.begin() as connection:
            await connection.exec_driver_sql("SET LOCAL search_path = mine, pg_catalog, public")
            assert (await connection.exec_driver_sql(MAKE.format(6))).scalar_one() == 1

    async def test_each_is_like_the_others(self, database: Database) -> None:
        """The indexes of the hot statements, and the checks, are in the newest as well."""
        newest, first = table_of(months_later(6)), "relname LIKE 'reservations_before_%'"
        definitions = (
            "SELECT regexp_replace(pg_get_indexdef(indexrelid), '^.* USING', '') FROM pg_index"
            " JOIN pg_class ON oid = indrelid WHERE relkind = 'r' AND {} ORDER BY 1"
        )
        of_newest = await database.rows(definitions.format(f"relname = '{newest}'"))
        assert of_newest == await database.rows(definitions.format(first))
        assert len(of_newest) == 7

    async def test_a_booking_goes_on_while_one_is_made(
        self, driver: Driver, lot: LotCopy, database: Database, schema_owner: SchemaOwner
    ) -> None:
        await schema_owner.run(f"DROP TABLE {table_of(months_later(6))}")
        async with database.engine.connect() as maker:
            assert (await maker.exec_driver_sql(MAKE.format(6))).scalar_one() == 1
            async with asyncio.timeout(5):
                held = await driver.holds(lot)
                assert (await driver.cancel(held)).status_code == 200

    async def test_it_waits_two_seconds_at_most_and_nobody_for_it(
        self, driver: Driver, lot: LotCopy, database: Database, service: Reservation, schema_owner: SchemaOwner
    ) -> None:
        await schema_owner.run(f"DROP TABLE {table_of(months_later(6))}")
        async with database.engine.connect() as other:
            await other.exec_driver_sql("LOCK TABLE reservations IN SHARE UPDATE EXCLUSIVE MODE")
            making = asyncio.create_task(service.partitions.make())
            async with asyncio.timeout(5):
                await driver.holds(lot)
                with pytest.raises(DBAPIError, match="lock timeout"):
                    await making
            await other.rollback()
        assert await service.partitions.make() == 1


class TestTheFigure:
    @pytest_asyncio.fixture
    async def shown(self, service: Reservation) -> AsyncIterator[Callable[[], Awaitable[float | None]]]:
        """What the leader shows after a round of its timer."""
        known = set(REGISTRY._collector_to_names)
        loop = timer_loops([partition_timer(service, lambda: True)], lambda: True)["partitions"]

        async def after_a_round() -> float | None:
            stop = asyncio.Event()
            running = asyncio.ensure_future(loop(stop))
            await wait_until(lambda: REGISTRY.get_sample_value(FIGURE) is not None, "the figure")
            stop.set()
            await running
            return REGISTRY.get_sample_value(FIGURE)

        yield after_a_round
        for collector in set(REGISTRY._collector_to_names) - known:
            REGISTRY.unregister(collector)

    async def test_it_is_six(self, shown: Callable[[], Awaitable[float]], schema_owner: SchemaOwner) -> None:
        await schema_owner.run(f"DROP TABLE {table_of(months_later(2))}")
        assert await shown() == 6

    async def test_it_falls_where_none_can_be_made(
        self, shown: Callable[[], Awaitable[float]], schema_owner: SchemaOwner
    ) -> None:
        def failures() -> float:
            return REGISTRY.get_sample_value("errors_total", {"where": "partitions"}) or 0.0

        before = failures()
        await schema_owner.run(f"DROP TABLE {table_of(months_later(2))}")
        await schema_owner.run("DROP FUNCTION make_reservation_partitions(integer)")
        assert await shown() == 1
        assert failures() == before + 1


@dataclass
class PretendedTime:
    """A driver of a service whose database says what time it is."""

    schema_owner: SchemaOwner
    driver: Driver

    async def is_(self, at: datetime) -> None:
        await self.schema_owner.run(
            "CREATE OR REPLACE FUNCTION pretended.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE"
            f" AS $$ SELECT CAST('{at.isoformat()}' AS timestamptz) $$"
        )


@pytest_asyncio.fixture
async def time(
    database_url: str, signing_key: str, signed_in: SignIn, schema_owner: SchemaOwner
) -> AsyncIterator[PretendedTime]:
    await schema_owner.run("CREATE SCHEMA pretended", "GRANT USAGE ON SCHEMA pretended TO PUBLIC")
    name = database_url.rpartition("/")[2]
    await schema_owner.run(f"ALTER DATABASE {name} SET search_path = pretended, pg_catalog, public")
    service = bootstrap(settings_for(database_url, signing_key))
    transport = httpx.ASGITransport(reservation_app(service), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://reservation") as client:
        yield PretendedTime(schema_owner, Driver(client, signed_in()))
    await service.http.aclose()
    await service.booking_pool.close()
    await service.engine.dispose()


class TestBookingAtTheBorders:
    @pytest.mark.parametrize("which", [2, 3])
    async def test_the_last_and_the_first_instant_are_of_two_months(
        self, time: PretendedTime, lot: LotCopy, database: Database, which: int
    ) -> None:
        border = months_later(which)
        placed = "SELECT CAST(CAST(tableoid AS regclass) AS text), created_at FROM reservations WHERE id = :id"
        for at in (border - LAST_OF_A_MONTH, border, border + LAST_OF_A_MONTH):
            await time.is_(at)
            held = await time.driver.holds(lot, start=border + timedelta(days=1))
            assert (await time.driver.sees(held))["created_at"] == held["created_at"]
            ((table, created_at),) = await database.rows(placed, id=UUID(held["id"]))
            assert table in {table_of(at), f"reservations_before_{month_after(at):%Y_%m}"}
            assert created_at == at
            assert make_id_floor(at) <= UUID(held["id"]) < make_id_floor(at + timedelta(milliseconds=1))

    async def test_a_month_without_partition_fails_loudly_and_keeps_nothing(
        self, time: PretendedTime, lot: LotCopy, database: Database
    ) -> None:
        await time.is_(months_later(9))
        answer = await time.driver.reserve(spot_request(lot, start=months_later(9) + timedelta(days=1)))
        assert (answer.status_code, answer.json()["type"]) == (500, "/problems/internal-error")
        for table in ("reservations", "allocations", "outbox", "idempotency_keys"):
            assert await database.rows(f"SELECT count(*) FROM {table}") == [(0,)]

    async def test_an_id_of_another_month_than_its_creation_is_refused(self, database: Database) -> None:
        row = {**reservation_row(a_hold(at=months_later(3)).state), "id": new_id(months_later(4))}
        with pytest.raises(DBAPIError, match="created_in_the_ids_month"):
            async with database.engine.begin() as connection:
                await connection.execute(insert(reservations).values(row))


async def test_pages_go_across_the_borders_of_months_and_skip_nothing(database: Database) -> None:
    user, lot_id, engine = uuid4(), uuid4(), database.engine
    mine = {"user_id": user, "parking_lot_id": lot_id}
    borders = [months_later(each) for each in (2, 3, 4)]
    instants = [at for border in borders for at in (border - LAST_OF_A_MONTH, border, border)]
    made = [await put(engine, at, **mine) for at in (*instants, NOW)]
    # Rows that are older than the partitions may have ids of a later time: the demonstration's past has such.
    made.append(await put(engine, NOW - timedelta(days=100), **mine))
    made.append(await put(engine, NOW - timedelta(days=200), **mine, id=new_id(NOW)))
    expected = sorted(made, key=lambda state: (state.created_at, state.id), reverse=True)
    for size in (1, 2, 3, 20):
        for of in ("of_user", "of_lot"):
            seen, after = list[ReservationState](), None
            while True:
                async with engine.connect() as connection:
                    pages = reservations_on(connection)
                    page = await (
                        pages.of_user(user, after, size) if of == "of_user" else pages.of_lot(lot_id, after, size)
                    )
                seen += page
                if len(page) < size:
                    break
                after = (page[-1].created_at, page[-1].id)
            assert seen == expected, (of, size)


async def test_an_overdue_hold_of_any_age_is_found(database: Database) -> None:
    """However long payment was away, and though younger ones came and went."""
    old = await put(database.engine, NOW - timedelta(days=900))
    young = await put(database.engine, months_later(3))
    async with database.engine.begin() as connection:
        found = await reservations_on(connection).due_holds(months_later(4), None, 10)
    assert [each for _, each in found] == [old.id, young.id]
