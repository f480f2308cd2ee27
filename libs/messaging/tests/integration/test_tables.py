"""The migration's statements and the metadata describe the same tables."""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, Text, text
from sqlalchemy.ext.asyncio import AsyncEngine

from parking_messaging import MessagingTables, messaging_tables, upsert_if_newer
from parking_messaging.fakes.operations import RecordedOperations
from parking_messaging.migrations import drop_messaging_tables


def differences(connection: Connection) -> list[Any]:
    metadata = MetaData()
    tables = messaging_tables(metadata)
    assert isinstance(tables, MessagingTables)
    Table("effects", metadata, Column("a", Text))
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    found = compare_metadata(context, metadata)
    return [each for each in found if "effects" not in str(each)]


async def test_the_statements_make_what_the_metadata_describes(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_difference_would_be_found(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("ALTER TABLE inbox ADD COLUMN extra text"))
        await connection.execute(text("DROP INDEX parked_events_once"))
        assert len(await connection.run_sync(differences)) == 2


async def test_dropping_leaves_nothing(engine: AsyncEngine, rows: Any) -> None:
    async with engine.begin() as connection:
        operations = RecordedOperations()
        drop_messaging_tables(operations)
        for statement in operations.statements:
            await connection.execute(text(statement))
    assert await rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == [("effects",)]


async def test_a_copy_takes_newer_versions_only(engine: AsyncEngine, rows: Any) -> None:
    lots = Table(
        "lots", MetaData(), Column("id", Text, primary_key=True), Column("name", Text), Column("version", BigInteger)
    )
    async with engine.begin() as connection:
        await connection.run_sync(lots.create)
        for name, version in (("two", 2), ("one", 1), ("two again", 2), ("three", 3)):
            await connection.execute(upsert_if_newer(lots, {"id": "a", "name": name, "version": version}))
    assert await rows("SELECT * FROM lots") == [("a", "three", 3)]
