"""Bringing a database to the schema of this version: `migrate`, and what each service's `env.py` calls."""

import asyncio
from pathlib import Path

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from parking_chassis.database import connecting, for_sqlalchemy

MIGRATION_LOCK = 7_208_331  # one migration at a time in a database, whichever process starts it


def migrations_folder(package_folder: Path) -> Path:
    """Where a service's revisions are: inside the installed package, or beside `src` in a checkout."""
    installed = package_folder / "migrations"
    return installed if installed.is_dir() else package_folder.parents[1] / "migrations"


def migrate(database_url: str, folder: Path, revision: str = "head") -> None:
    """Apply all revisions up to `revision`, one process at a time, each in its transaction."""
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.attributes["database_url"] = database_url
    command.upgrade(config, revision)


def run_migrations(metadata: MetaData) -> None:
    """The body of a service's `migrations/env.py`."""
    asyncio.run(_migrate_online(context.config.attributes["database_url"], metadata))


async def _migrate_online(url: str, metadata: MetaData) -> None:
    # A revision takes as long as it takes: an index on a large table is no statement that hangs.
    connect = connecting(url, "migrate", statement_timeout=0)
    engine = create_async_engine(for_sqlalchemy(url), async_creator=connect, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_apply, metadata)
    finally:
        await engine.dispose()


def _apply(connection: Connection, metadata: MetaData) -> None:
    context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=False)
    with context.begin_transaction():
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
        context.run_migrations()
