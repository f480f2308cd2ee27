"""The schema that the revisions make is the one that the code expects; what older versions stored is read."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

import parking_service
from parking_chassis.ids import new_id
from parking_chassis.migrations import migrate, migrations_folder
from parking_chassis.stored_jobs import PostgresJobs
from parking_chassis.units_of_work import Transaction
from parking_kernel.askers import THE_SERVICE
from parking_kernel.changes import Changes
from parking_kernel.jobs import GIVEN_UP, ClaimedJob
from parking_kernel.tariffs import Cap, CapPeriod, LineType, RateLine, Tariff, Tax, TimeBand
from parking_platform.testing.servers import PostgresServer
from parking_service.adapters.postgres.tables import imports, metadata
from parking_service.adapters.postgres.tariffs import PostgresTariffs

FOLDER = migrations_folder(Path(parking_service.__path__[0]))
TABLES_OF_EXTENSIONS = {"alembic_version", "spatial_ref_sys"}

# As version 0001 stored them: the clients' form.
OF_0001: dict[str, Any] = {
    "currency": "CHF",
    "tax": {"rate_percent": 8.1, "included": False},
    "rounding_minutes": 5,
    "free_minutes": 10,
    "lines": [
        {
            "sequence": 1,
            "type": "flat",
            "from_minutes": 0,
            "to_minutes": 60,
            "increment_minutes": None,
            "amount": 300,
        },
        {
            "sequence": 2,
            "type": "incrementing",
            "from_minutes": 60,
            "to_minutes": None,
            "increment_minutes": 30,
            "amount": 100,
        },
    ],
    "caps": [{"per": "24h", "amount": 2000}],
    "time_bands": [
        {"weekdays": [6, 7], "from": "18:00", "to": "24:00", "lines": []},
        {"weekdays": [1], "from": "22:00", "to": "06:00", "lines": []},
    ],
}
PLAIN_OF_0001 = {**OF_0001, "tax": {"rate_percent": 0.0, "included": True}, "caps": [], "time_bands": []}
READ = Tariff(
    "CHF",
    (RateLine(1, LineType.FLAT, 0, 60, None, 300), RateLine(2, LineType.INCREMENTING, 60, None, 30, 100)),
    Tax(810, included=False),
    5,
    10,
    (Cap(CapPeriod.TWENTY_FOUR_HOURS, 2000),),
    (TimeBand((6, 7), "18:00", "24:00", ()), TimeBand((1,), "22:00", "06:00", ())),
)


def config_for(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["database_url"] = url
    return config


async def test_the_tables_are_as_the_code_expects_them(database_url: str) -> None:
    def difference(connection: Connection) -> list[Any]:
        options = {
            "compare_type": True,
            "compare_server_default": True,
            "include_name": lambda name, kind, _parents: kind != "table" or name not in TABLES_OF_EXTENSIONS,
        }
        return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)

    engine = create_async_engine(database_url.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.connect() as connection:
        assert await connection.run_sync(difference) == []
    await engine.dispose()


async def test_tariffs_that_the_first_version_stored_are_read_and_can_be_taken_back(
    postgres_server: PostgresServer,
) -> None:
    url = await postgres_server.create_database(extensions=["postgis", "pg_trgm"])
    await asyncio.to_thread(migrate, url, FOLDER, "0001")
    with_bands, plain, organization_id = new_id(), new_id(), new_id()
    connection = await asyncpg.connect(url)
    await connection.execute("INSERT INTO organizations VALUES ($1, 'Basel', 1)", organization_id)
    for number, (tariff_id, terms) in enumerate(((with_bands, OF_0001), (plain, PLAIN_OF_0001)), start=1):
        await connection.execute(
            "INSERT INTO tariffs VALUES ($1, $2, NULL, $3, $4, now())",
            *(tariff_id, organization_id, number, json.dumps(terms)),
        )

    await asyncio.to_thread(migrate, url, FOLDER)
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.connect() as read:
        tariffs = PostgresTariffs(Transaction(read, THE_SERVICE, Changes()))
        assert (await tariffs.get(with_bands)).terms == READ
        without = (await tariffs.get(plain)).terms
        assert (without.tax, without.caps, without.time_bands) == (Tax(0, included=True), (), ())
    await engine.dispose()

    await asyncio.to_thread(command.downgrade, config_for(url), "0001")
    stored = await connection.fetch("SELECT terms FROM tariffs ORDER BY number")
    await connection.close()
    assert [json.loads(row["terms"]) for row in stored] == [OF_0001, PLAIN_OF_0001]


async def test_imports_of_older_versions_know_how_many_rows_they_refused(postgres_server: PostgresServer) -> None:
    url = await postgres_server.create_database(extensions=["postgis", "pg_trgm"])
    await asyncio.to_thread(migrate, url, FOLDER, "0003")
    organization_id, some, none = new_id(), new_id(), new_id()
    connection = await asyncpg.connect(url)
    await connection.execute("INSERT INTO organizations VALUES ($1, 'Basel', 1)", organization_id)
    for import_id in (some, none):
        await connection.execute(
            "INSERT INTO imports VALUES ($1, $2, NULL, NULL, 3, 0, 0, 0, 'done', 0, now())", import_id, organization_id
        )
    rows = [(some, 1, "the id is missing"), (some, 2, None), (some, 3, "the capacity is zero"), (none, 1, None)]
    await connection.executemany("INSERT INTO import_rows (import_id, row, reason) VALUES ($1, $2, $3)", rows)
    await asyncio.to_thread(migrate, url, FOLDER)
    refused = await connection.fetch("SELECT id, refused FROM imports")
    await connection.close()
    assert {row["id"]: row["refused"] for row in refused} == {some: 2, none: 0}


async def test_imports_that_an_older_version_began_are_due(postgres_server: PostgresServer) -> None:
    url = await postgres_server.create_database(extensions=["postgis", "pg_trgm"])
    await asyncio.to_thread(migrate, url, FOLDER, "0005")
    organization_id, import_id = new_id(), new_id()
    connection = await asyncpg.connect(url)
    await connection.execute("INSERT INTO organizations VALUES ($1, 'Basel', 1)", organization_id)
    begin = """INSERT INTO imports (id, organization_id, total, created, updated, unchanged, status, started_at)
        VALUES ($1, $2, 1, 0, 0, 0, 'running', $3)"""
    began_at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    await connection.execute(begin, import_id, organization_id, began_at)
    await asyncio.to_thread(migrate, url, FOLDER)
    await connection.execute(begin, new_id(), organization_id, began_at)  # by a process of that version that still runs
    await connection.close()
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.begin() as write:
        jobs, until = PostgresJobs(write, imports), began_at + timedelta(seconds=10)
        assert await jobs.claim(began_at, until) == ClaimedJob(import_id, 1)
        assert await jobs.claim(datetime.now(UTC), until) is not None
    await engine.dispose()


async def test_imports_that_failed_in_an_older_version_say_so(postgres_server: PostgresServer) -> None:
    url = await postgres_server.create_database(extensions=["postgis", "pg_trgm"])
    await asyncio.to_thread(migrate, url, FOLDER, "0006")
    organization_id = new_id()
    connection = await asyncpg.connect(url)
    await connection.execute("INSERT INTO organizations VALUES ($1, 'Basel', 1)", organization_id)
    for status in ("running", "done", "failed"):
        await connection.execute(
            "INSERT INTO imports (id, organization_id, total, created, updated, unchanged, status, started_at)"
            " VALUES ($1, $2, 1, 0, 0, 0, $3, now())",
            *(new_id(), organization_id, status),
        )
    await asyncio.to_thread(migrate, url, FOLDER)
    stored = await connection.fetch("SELECT status, failure, ended_at FROM imports")
    await connection.close()
    assert {row["status"]: row["failure"] for row in stored} == {"running": None, "done": None, "failed": GIVEN_UP}
    assert {row["ended_at"] for row in stored} == {None}, "nobody knows"


async def test_lots_of_earlier_imports_get_the_source_of_those_that_name_none(postgres_server: PostgresServer) -> None:
    """And can still be inserted by a process of that version; drafts and named sources survive the way back."""
    url = await postgres_server.create_database(extensions=["postgis", "pg_trgm"])
    await asyncio.to_thread(migrate, url, FOLDER, "0009")
    organization_id = new_id()
    connection = await asyncpg.connect(url)
    await connection.execute("INSERT INTO organizations VALUES ($1, 'Basel', 1)", organization_id)
    insert = """INSERT INTO lots (
            id, organization_id, name, address, latitude, longitude, time_zone, amenities, tariff_id, currency, status,
            capacity, total_spots, spot_types, source_id, created_at, version)
        VALUES ($1, $2, 'A', 'B', 47, 8, 'Europe/Zurich', '{}', $1, 'CHF', 'open', '{}', 0, '{}', $3, now(), 1)"""
    await connection.execute(insert, new_id(), organization_id, "3")
    await asyncio.to_thread(migrate, url, FOLDER)
    await connection.execute(insert, new_id(), organization_id, "4")
    with pytest.raises(asyncpg.UniqueViolationError):
        await connection.execute(insert, new_id(), organization_id, "3")
    stored = await connection.fetch("SELECT source, source_id FROM lots ORDER BY source_id")
    assert [tuple(row) for row in stored] == [("default", "3"), ("default", "4")]
    await connection.execute("UPDATE lots SET source = 'osm', source_id = '3', status = 'draft', tariff_id = NULL"
        " WHERE source_id = '4'")  # fmt: skip
    with pytest.raises(asyncpg.CheckViolationError):
        await connection.execute("UPDATE lots SET status = 'open'")
    await connection.execute("INSERT INTO tariffs VALUES ($1, $2, NULL, 1, '{}', now())", new_id(), organization_id)
    await asyncio.to_thread(command.downgrade, config_for(url), "0009")
    left = await connection.fetch("SELECT source_id, status, tariff_id IS NOT NULL FROM lots ORDER BY source_id")
    assert [tuple(row) for row in left] == [("3", "open", True), ("osm:3", "retired", True)]
    await connection.close()


async def test_every_revision_can_be_taken_back_and_made_again(postgres_server: PostgresServer) -> None:
    url = await postgres_server.create_database(extensions=["postgis", "pg_trgm"])
    await asyncio.to_thread(migrate, url, FOLDER)
    await asyncio.to_thread(command.downgrade, config_for(url), "base")
    connection = await asyncpg.connect(url)
    left = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    await connection.close()
    assert {row["tablename"] for row in left} == TABLES_OF_EXTENSIONS
    await asyncio.to_thread(migrate, url, FOLDER)
