"""An outbox whose rows say that Kafka refused them."""

from collections.abc import Callable
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Connection, MetaData, Table, Text, text
from sqlalchemy.ext.asyncio import AsyncEngine

from parking_messaging import KafkaConnection, PostgresOutbox, ensure_topics, messaging_tables
from parking_messaging.adapters.postgres_refusals import PostgresRefusals
from parking_messaging.backoff import Backoff
from parking_messaging.failures import BacklogLost
from parking_messaging.fakes.operations import RecordedOperations
from parking_messaging.migrations import drop_refusals, note_refusals
from parking_messaging.relay import RelaySettings
from parking_messaging.wiring import postgres_relay
from parking_platform.ports import free_port

SETTINGS = RelaySettings("sample", refused_retry=Backoff(0.5, 0.5))


async def migrated(engine: AsyncEngine, migrate: Callable[[RecordedOperations], None]) -> None:
    operations = RecordedOperations()
    migrate(operations)
    async with engine.begin() as connection:
        for statement in operations.statements:
            await connection.execute(text(statement))


def differences(connection: Connection) -> list[Any]:
    metadata = MetaData()
    messaging_tables(metadata, notes_refusals=True)
    Table("effects", metadata, Column("a", Text))
    found = compare_metadata(MigrationContext.configure(connection), metadata)
    return [each for each in found if "effects" not in str(each)]


async def test_the_statements_make_what_the_metadata_describes(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        assert len(await connection.run_sync(differences)) == 2
    await migrated(engine, note_refusals)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await migrated(engine, drop_refusals)
    async with engine.connect() as connection:
        assert len(await connection.run_sync(differences)) == 2


async def test_a_refusal_stands_in_its_row_until_the_row_is_sent(
    engine: AsyncEngine,
    database_url: str,
    kafka: KafkaConnection,
    sample: Any,
    rows: Any,
    running: Any,
    eventually: Any,
) -> None:
    """The broker has no such topic yet."""
    await migrated(engine, note_refusals)
    async with engine.begin() as connection:
        await PostgresOutbox().add(connection, [sample.event()])
    relay = postgres_relay(settings=SETTINGS, database_url=database_url, kafka=kafka, notes_refusals=True)
    refused = "SELECT 1 FROM outbox WHERE refused_at IS NOT NULL AND sent_at IS NULL"
    async with running(relay.run):
        await eventually(lambda: rows(refused))
        await ensure_topics(kafka, [sample.topic])
        await eventually(lambda: rows("SELECT 1 FROM outbox WHERE sent_at IS NOT NULL"), within=60)
    assert await rows(refused) == []


async def test_a_database_that_does_not_answer_is_a_lost_backlog() -> None:
    refusals = PostgresRefusals(f"postgresql://nobody@127.0.0.1:{free_port()}/none", "sample")
    with pytest.raises(BacklogLost, match="refusal"):
        await refusals.note([1])


async def test_a_statement_that_waits_is_ended_by_the_server(
    engine: AsyncEngine, database_url: str, sample: Any, rows: Any
) -> None:
    await migrated(engine, note_refusals)
    async with engine.begin() as connection:
        await PostgresOutbox().add(connection, [sample.event()])
    refusals = PostgresRefusals(database_url, "sample")
    async with engine.begin() as another:
        (seq,) = (await another.execute(text("SELECT seq FROM outbox FOR UPDATE"))).scalars()
        with pytest.raises(BacklogLost, match="QueryCanceledError"):
            await refusals.note([seq])
    await refusals.note([seq])
    assert await rows("SELECT 1 FROM outbox WHERE refused_at IS NOT NULL")
