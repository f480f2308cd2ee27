"""The schema, what ships, and a database that is away."""

import asyncio
import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from prometheus_client import REGISTRY
from services.reservation.tests.conftest import settings_for
from services.reservation.tests.driving import Database, Driver, wish
from sqlalchemy import Connection, text

import reservation_service
from parking_chassis.database import PoolSettings, create_engine
from parking_chassis.migrations import migrate, migrations_folder
from parking_platform.testing.servers import PostgresServer
from parking_platform.testing.waiting import wait_until
from reservation_service.adapters.postgres.booking_pool import BookingPool, DatabaseAway
from reservation_service.adapters.postgres.tables import metadata
from reservation_service.application.ports import LotCopy
from reservation_service.bootstrap import Reservation, bootstrap
from reservation_service.entrypoints.http.app import reservation_app

PACKAGE = Path(reservation_service.__path__[0])


class TestTheSchema:
    async def test_it_is_what_the_tables_say(self, database_url: str) -> None:
        def differences(connection: Connection) -> list[object]:
            return compare_metadata(MigrationContext.configure(connection), metadata)

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

    async def test_it_goes_down_and_up_again(self, postgres_server: PostgresServer) -> None:
        url = await postgres_server.create_database(extensions=["btree_gist"])
        folder = migrations_folder(PACKAGE)
        config = Config()
        config.set_main_option("script_location", str(folder))
        config.attributes["database_url"] = url
        await asyncio.to_thread(migrate, url, folder)
        await asyncio.to_thread(command.downgrade, config, "base")
        await asyncio.to_thread(migrate, url, folder)
        await postgres_server.drop_database(urlsplit(url).path.removeprefix("/"))


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
    async def test_requests_are_told_so_and_go_on_when_it_is_back(
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
            first = await far.reserve(wish(lot), "one")
            await cable.cut()
            for answer in (
                await far.reserve(wish(lot)),
                await far.reserve(wish(lot), "one"),
                await far.get(f"/{first.json()['id']}"),
                await far.client.post("/api/v1/quotes", json=wish(lot)),
            ):
                assert (answer.status_code, answer.headers["retry-after"]) == (503, "1"), answer.text
                assert answer.json()["type"] == "/problems/service-unavailable"
            await cable.plug_in()
            again = await far.reserve(wish(lot), "one")
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


def counted(outcome: str) -> float:
    return REGISTRY.get_sample_value("reservations_total", {"outcome": outcome}) or 0.0


async def test_what_becomes_of_reservations_is_counted(
    driver: Driver, lot: LotCopy, database: Database, service: Reservation
) -> None:
    before = {outcome: counted(outcome) for outcome in ("created", "refused", "confirmed", "cancelled")}
    held = await driver.holds(lot)
    body = wish(lot, spot_id=held["spot_id"])
    for _ in range(2):
        await driver.reserve(body, "once")
    await database.settle(held)
    await driver.cancel(held)
    await driver.cancel(held)
    after = {outcome: counted(outcome) - number for outcome, number in before.items()}
    assert after == {"created": 1, "refused": 1, "confirmed": 1, "cancelled": 1}
    assert 'reservations_total{outcome="created"}' in (await driver.client.get("/metrics")).text
