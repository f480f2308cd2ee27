"""The schema, what ships, and a database that is away."""

import asyncio
import json
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from prometheus_client import REGISTRY
from services.reservation.tests.conftest import settings_for
from services.reservation.tests.driving import SEALER, TOMORROW, Database, Driver, spot_request
from sqlalchemy import Connection, text

import reservation_service
from parking_chassis.database import PoolSettings, create_engine
from parking_chassis.migrations import migrate, migrations_folder
from parking_kernel.askers import THE_SERVICE
from parking_kernel.changes import UnsavedChanges
from parking_kernel.opening_hours import opening_hours
from parking_kernel.repeatable import Answer, RequestKey
from parking_kernel.tariffs import Cap, CapPeriod, LineType, RateLine, Tariff, Tax, TimeBand
from parking_platform.testing.servers import PostgresServer
from parking_platform.testing.waiting import wait_until
from reservation_service.adapters.postgres.booking_pool import BookingPool, DatabaseAway
from reservation_service.adapters.postgres.tables import metadata
from reservation_service.adapters.postgres.unit_of_work import units_of_work
from reservation_service.application.ports import LotCopy, Work
from reservation_service.bootstrap import Reservation, bootstrap
from reservation_service.domain.lots import TariffVersion
from reservation_service.entrypoints.http.app import reservation_app

PACKAGE = Path(reservation_service.__path__[0])


TARIFF_OF_0001 = {
    "currency": "CHF",
    "tax": {"rate_basis_points": 770, "included": True},
    "rounding_minutes": 15,
    "free_minutes": 10,
    "lines": [
        {"type": "flat", "from_minutes": 0, "to_minutes": 60, "increment_minutes": None, "amount": 300},
        {"type": "incrementing", "from_minutes": 60, "to_minutes": None, "increment_minutes": 30, "amount": 100},
    ],
    "caps": [{"per": "24h", "amount": 2000}],
    "time_bands": [
        {
            "weekdays": [6, 7],
            "starts": "18:00:00",
            "ends": "00:00:00",
            "lines": [{"type": "flat", "from_minutes": 0, "to_minutes": None, "increment_minutes": None, "amount": 5}],
        }
    ],
}
TARIFF_NOW = Tariff(
    currency="CHF",
    lines=(
        RateLine(1, LineType.FLAT, 0, 60, None, 300),
        RateLine(2, LineType.INCREMENTING, 60, None, 30, 100),
    ),
    tax=Tax(770, included=True),
    rounding_minutes=15,
    free_minutes=10,
    caps=(Cap(CapPeriod.TWENTY_FOUR_HOURS, 2000),),
    time_bands=(TimeBand((6, 7), "18:00", "24:00", (RateLine(1, LineType.FLAT, 0, None, None, 5),)),),
)
HOURS_OF_0001 = {
    "weekdays": {"1": [["06:00", "24:00"]], "2": [["18:00", "02:00"]], **{str(day): [] for day in range(3, 8)}},
    "exceptions": {"2026-12-24": [["10:00", "12:00"]], "2026-12-25": []},
}
HOURS_NOW = opening_hours(
    {"mon": [("06:00", "24:00")], "tue": [("18:00", "02:00")]},
    [(date(2026, 12, 24), [("10:00", "12:00")]), (date(2026, 12, 25), [])],
    "/opening_hours",
)


@pytest_asyncio.fixture
async def empty_database(postgres_server: PostgresServer) -> AsyncIterator[str]:
    """A database that no migration has seen."""
    url = await postgres_server.create_database(extensions=["btree_gist"])
    yield url
    await postgres_server.drop_database(urlsplit(url).path.removeprefix("/"))


async def go_up(url: str, revision: str = "head") -> None:
    await asyncio.to_thread(migrate, url, migrations_folder(PACKAGE), revision)


async def go_down(url: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations_folder(PACKAGE)))
    config.attributes["database_url"] = url
    await asyncio.to_thread(command.downgrade, config, revision)


class TestTheSchema:
    async def test_it_is_what_the_tables_say(self, database_url: str) -> None:
        def differences(connection: Connection) -> list[object]:
            monthly = set(connection.scalars(text("SELECT relname FROM pg_class WHERE relispartition")))
            assert len(monthly) >= 6
            options = {"include_name": lambda name, _kind, _parents: name not in monthly}
            return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)

        engine = create_engine(database_url, "tests", PoolSettings())
        async with engine.connect() as connection:
            found = await connection.run_sync(differences)
        await engine.dispose()
        assert [each for each in found if "alembic_version" not in repr(each)] == []

    async def test_the_constraint_is_the_one_that_was_measured(self, database: Database) -> None:
        """Alembic does not compare exclusion constraints, and this is the one that everything rests on."""
        assert await database.rows(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'x' AND convalidated"
        ) == [("EXCLUDE USING gist (parking_lot_id WITH =, during WITH &&, spot_id WITH =) WHERE (blocking)",)]
        (exclusion,) = [each for each in metadata.tables["allocations"].constraints if each.name == "no_double_booking"]
        assert [(name, operator) for _, name, operator in exclusion._render_exprs] == [  # pyright: ignore[reportAttributeAccessIssue]
            ("parking_lot_id", "="),
            ("during", "&&"),
            ("spot_id", "="),
        ]

    async def test_the_tables_check_what_the_code_relies_on(self, database: Database) -> None:
        checks = await database.rows("SELECT conname FROM pg_constraint WHERE contype = 'c' ORDER BY conname")
        assert {"ck_allocations_during_is_not_empty", "ck_allocations_one_holder"} <= {name for (name,) in checks}

    async def test_it_goes_down_and_up_again(self, empty_database: str) -> None:
        await go_up(empty_database)
        await go_down(empty_database, "base")
        await go_up(empty_database)

    async def test_stored_answers_outlive_the_sealing_and_sealed_ones_do_not_outlive_it_backwards(
        self, empty_database: str
    ) -> None:
        await go_up(empty_database, "0007")
        engine = create_engine(empty_database, "tests", PoolSettings())
        insert = text("INSERT INTO idempotency_keys VALUES ('drivers', :key, '', 201, :body)")
        async with engine.begin() as connection:
            await connection.execute(insert, {"key": "plain", "body": b"{}"})
        await go_up(empty_database, "0008")
        one = RequestKey("drivers", "sealed", b"")
        async with units_of_work(SEALER).opened_on(engine)(THE_SERVICE) as work:
            assert await work.answers.claim(replace(one, key="plain")) == Answer(201, b"{}", replayed=True)
            await work.answers.store(one, Answer(201, b"{}"))
            await work.answers.claim(replace(one, key="claimed"), timedelta(minutes=1))
        await go_down(empty_database, "0007")
        async with engine.connect() as connection:
            left = (await connection.execute(text("SELECT key FROM idempotency_keys"))).scalars().all()
        await engine.dispose()
        assert left == ["plain"]

    async def test_documents_of_the_first_version_are_read_after_the_second(self, empty_database: str) -> None:
        await go_up(empty_database, "0001")
        engine = create_engine(empty_database, "tests", PoolSettings())
        lot_id, always_open, tariff_id = uuid4(), uuid4(), uuid4()
        insert_lot = text(
            "INSERT INTO lots VALUES (:id, :id, 'Sihlquai', 'Europe/Zurich', 47.38, 8.53, true, CAST(:hours AS jsonb),"
            " '[]', :tariff, 1)"
        )
        async with engine.begin() as connection:
            await connection.execute(
                text("INSERT INTO tariffs VALUES (:id, CAST(:document AS jsonb))"),
                {"id": tariff_id, "document": json.dumps(TARIFF_OF_0001)},
            )
            for each, hours in ((lot_id, json.dumps(HOURS_OF_0001)), (always_open, None)):
                await connection.execute(insert_lot, {"id": each, "hours": hours, "tariff": tariff_id})
        # Through the second, back, and through it again: nothing is lost either way.
        await go_up(empty_database, "0002")
        await go_down(empty_database, "0001")
        async with engine.begin() as connection:
            documents = text("SELECT t.document, l.opening_hours FROM tariffs t, lots l WHERE l.id = :id")
            former = (await connection.execute(documents, {"id": lot_id})).one()
        assert tuple(former) == (TARIFF_OF_0001, HOURS_OF_0001)
        await go_up(empty_database)
        async with units_of_work(SEALER).opened_on(engine)(THE_SERVICE) as work:
            lot = await work.lots.get(lot_id)
            assert (await work.lots.get(always_open)).opening_hours is None
        await engine.dispose()
        assert lot.priced_by == TariffVersion(tariff_id, TARIFF_NOW)
        assert lot.opening_hours == HOURS_NOW


def test_the_wheel_holds_the_statements(tmp_path: Path) -> None:
    build = (sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path))
    subprocess.run(build, cwd=PACKAGE.parents[1], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    statements = {path.name for path in (PACKAGE / "adapters/postgres/statements").iterdir()}
    assert "book.sql" in statements
    assert {f"reservation_service/adapters/postgres/statements/{name}" for name in statements} <= names


class Cable:
    """Leads to a database server, until it is cut."""

    def __init__(self, host: str, port: int) -> None:
        self._there = (host, port)
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def plug_in(self) -> None:
        self._server = await asyncio.start_server(self._lead, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(*self._there)
        self._writers |= {writer, far_writer}
        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer), return_exceptions=True)


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    writer.close()


class TestADatabaseThatIsAway:
    async def test_requests_are_answered_503_and_go_on_when_it_is_back(
        self, driver: Driver, lot: LotCopy, database_url: str, signing_key: str
    ) -> None:
        address = urlsplit(database_url)
        assert address.hostname is not None
        cable = Cable(address.hostname, address.port or 5432)
        await cable.plug_in()
        through = address._replace(netloc=address.netloc.replace(f":{address.port}", f":{cable.port}")).geturl()
        service = bootstrap(settings_for(through, signing_key))
        transport = httpx.ASGITransport(reservation_app(service), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://reservation") as client:
            far = Driver(client, driver.headers)
            first = await far.reserve(spot_request(lot), "one")
            await cable.cut()
            for answer in (
                await far.reserve(spot_request(lot)),
                await far.reserve(spot_request(lot), "one"),
                await far.get(f"/{first.json()['id']}"),
                await far.client.post("/api/v1/quotes", json=spot_request(lot)),
            ):
                assert (answer.status_code, answer.headers["retry-after"]) == (503, "1"), answer.text
                assert answer.json()["type"] == "/problems/service-unavailable"
            await cable.plug_in()
            again = await far.reserve(spot_request(lot), "one")
            assert (again.status_code, again.content) == (201, first.content)
        await service.booking_pool.close()
        await service.engine.dispose()
        await service.http.aclose()
        await cable.cut()

    async def test_all_connections_are_taken(self, database_url: str) -> None:
        pool = BookingPool(database_url, size=1, patience=3)
        slow = asyncio.create_task(pool.fetch("SELECT pg_sleep(30)"))
        await wait_until(lambda: is_running(database_url), "a slow statement")
        with pytest.raises(DatabaseAway, match="Timeout"):
            await pool.fetch("SELECT 1")
        slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow
        assert await pool.fetch("SELECT 1 AS one")
        await pool.close()

    async def test_a_statement_takes_too_long(self, service: Reservation, database_url: str) -> None:
        for limit, milliseconds in ((None, "15s"), (2.5, "2500ms")):
            settings = service.settings.model_copy(update={} if limit is None else {"statement_timeout": limit})
            wired = bootstrap(settings)
            rows = await wired.booking_pool.fetch("SELECT current_setting('statement_timeout') AS set")
            assert rows[0]["set"] == milliseconds
            async with wired.engine.connect() as connection:
                shown = await connection.execute(text("SELECT current_setting('statement_timeout')"))
                assert shown.scalar_one() == milliseconds
            await wired.booking_pool.close()
            await wired.engine.dispose()
            await wired.http.aclose()
        pool = BookingPool(database_url, size=1, patience=30, statement_timeout=0.2)
        with pytest.raises(DatabaseAway, match="statement timeout"):
            await pool.fetch("SELECT pg_sleep(8)")
        assert await pool.fetch("SELECT 1 AS one")
        await pool.close()

    async def test_connections_are_given_in_the_order_of_the_asking(self, database_url: str) -> None:
        pool, served = BookingPool(database_url, size=1, patience=30), list[int]()

        async def ask(number: int) -> None:
            await pool.fetch("SELECT 1")
            served.append(number)

        async with asyncio.TaskGroup() as group:
            for number in range(1000):
                group.create_task(ask(number))
                await asyncio.sleep(0)
        assert served == sorted(served)
        await pool.close()

    async def test_a_statement_that_is_wrong_is_no_database_that_is_away(self, service: Reservation) -> None:
        with pytest.raises(Exception, match="expected str") as wrong:
            await service.booking_pool.fetch("SELECT $1::text", 1)
        assert not isinstance(wrong.value, DatabaseAway)
        with pytest.raises(Exception, match="syntax") as wrong:
            await service.booking_pool.fetch("SELEC")
        assert not isinstance(wrong.value, DatabaseAway)


async def is_running(database_url: str) -> bool:
    engine = create_engine(database_url, "looking", PoolSettings(1))
    async with engine.connect() as connection:
        found = await connection.exec_driver_sql("SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(30)'")
        running = found.first() is not None
    await engine.dispose()
    return running


class TestUnsavedChanges:
    """What happened to a reservation that nobody saved must not be committed in silence."""

    async def test_in_a_unit_of_work(
        self, driver: Driver, lot: LotCopy, database: Database, service: Reservation
    ) -> None:
        held = await driver.holds(lot)
        with pytest.raises(UnsavedChanges, match="ReservationCancelled"):
            async with units_of_work(SEALER).opened_on(service.engine)(THE_SERVICE) as work:
                await self.cancel_without_saving(work, UUID(held["id"]))
        await self.check_nothing_happened(database)

    async def test_in_the_transaction_of_a_consumer(
        self, driver: Driver, lot: LotCopy, database: Database, service: Reservation
    ) -> None:
        held = await driver.holds(lot)
        with pytest.raises(UnsavedChanges, match="ReservationCancelled"):
            async with service.engine.begin() as connection, service.work_on(connection) as work:
                await self.cancel_without_saving(work, UUID(held["id"]))
        await self.check_nothing_happened(database)

    async def cancel_without_saving(self, work: Work, reservation_id: UUID) -> None:
        reservation = await work.reservations.get(reservation_id)
        reservation.cancel(TOMORROW)
        await work.timetable.release(reservation_id)

    async def check_nothing_happened(self, database: Database) -> None:
        assert await database.rows("SELECT status FROM reservations") == [("pending",)]
        assert await database.rows("SELECT count(*) FROM allocations") == [(1,)]
        assert await database.published() == [("reservation.created", 1)]


def counted(outcome: str) -> float:
    return REGISTRY.get_sample_value("reservations_total", {"outcome": outcome}) or 0.0


async def test_what_becomes_of_reservations_is_counted(
    driver: Driver, lot: LotCopy, database: Database, service: Reservation
) -> None:
    before = {outcome: counted(outcome) for outcome in ("created", "refused", "confirmed", "cancelled")}
    held = await driver.holds(lot)
    body = spot_request(lot, spot_id=held["spot_id"])
    for _ in range(2):
        await driver.reserve(body, "once")
    await database.settle(held)
    await driver.cancel(held)
    await driver.cancel(held)
    after = {outcome: counted(outcome) - number for outcome, number in before.items()}
    assert after == {"created": 1, "refused": 1, "confirmed": 1, "cancelled": 1}
    assert 'reservations_total{outcome="created"}' in (await driver.client.get("/metrics")).text
