"""The schema that the revisions make is the one that the code expects, and can be taken back."""

import asyncio
from pathlib import Path
from typing import Any

import asyncpg
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from auth_service.adapters.postgres.tables import metadata
from parking_chassis.migrations import migrate
from parking_platform.testing.servers import PostgresServer


async def test_the_tables_are_as_the_code_expects_them(database_url: str) -> None:
    def difference(connection: Connection) -> list[Any]:
        options = {"compare_type": True, "compare_server_default": True}
        return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)

    engine = create_async_engine(database_url.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.connect() as connection:
        assert await connection.run_sync(difference) == []
    await engine.dispose()


async def test_every_revision_can_be_taken_back_and_made_again(
    postgres_server: PostgresServer, migrations: Path
) -> None:
    url = await postgres_server.create_database()
    config = Config()
    config.set_main_option("script_location", str(migrations))
    config.attributes["database_url"] = url
    await asyncio.to_thread(migrate, url, migrations)
    await asyncio.to_thread(command.downgrade, config, "base")
    connection = await asyncpg.connect(url)
    try:
        left = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        assert [row["tablename"] for row in left] == ["alembic_version"]
    finally:
        await connection.close()
    await asyncio.to_thread(migrate, url, migrations)


async def test_older_accounts_keep_their_history_and_count_as_used(
    postgres_server: PostgresServer, migrations: Path
) -> None:
    url = await postgres_server.create_database()
    config = Config()
    config.set_main_option("script_location", str(migrations))
    config.attributes["database_url"] = url
    await asyncio.to_thread(migrate, url, migrations)
    await asyncio.to_thread(command.downgrade, config, "0004")
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "INSERT INTO users (id, email, full_name, password_hash, is_verified, status, roles, created_at, version,"
            " status_reason, status_changed_at)"
            " VALUES (gen_random_uuid(), $1, '', '', true, 'suspended', '{}', now(), 7, 'abuse', now())",
            "j\u030cana@example.com",
        )
        await asyncio.to_thread(command.upgrade, config, "head")
        (user,) = await connection.fetch("SELECT email, has_signed_in FROM users")
        assert tuple(user) == ("\u01f0ana@example.com", True)
        (change,) = await connection.fetch("SELECT version, status, reason, changed_by FROM status_changes")
        assert tuple(change) == (7, "suspended", "abuse", None)
    finally:
        await connection.close()
