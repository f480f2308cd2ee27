"""Bringing a database to the schema of this version: `migrate`, and what each service's `env.py` calls."""

import asyncio
from collections.abc import Collection
from pathlib import Path
from typing import Final

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from parking_chassis.database import connecting, for_sqlalchemy

MIGRATION_LOCK = 7_208_331  # one migration at a time in a database, whichever process starts it

_LOCK: Final = text("SELECT pg_advisory_xact_lock(:lock)")
_RIGHTS: Final = """
    WITH running AS (SELECT CAST(:role AS text) AS role), owned AS (
        SELECT oid, relkind FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relowner = current_user::regrole
            AND relname <> 'alembic_version'
    )
    SELECT format('GRANT USAGE ON SCHEMA public TO %I', role) FROM running
    UNION ALL SELECT format('ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT %s ON %s TO %I', rights, kind, role)
    FROM running, (VALUES ('SELECT, INSERT, UPDATE, DELETE', 'TABLES'), ('USAGE, SELECT', 'SEQUENCES')) _ (rights, kind)
    UNION ALL SELECT format('GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE %s TO %I', oid::regclass, role)
    FROM running, owned WHERE relkind IN ('r', 'p', 'v', 'm')
    UNION ALL SELECT format('GRANT USAGE, SELECT ON SEQUENCE %s TO %I', oid::regclass, role)
    FROM running, owned WHERE relkind = 'S'
    UNION ALL SELECT format('GRANT EXECUTE ON FUNCTION %s TO %I', oid::regprocedure, role)
    FROM running, pg_proc
    WHERE prokind = 'f' AND pronamespace = 'public'::regnamespace AND proowner = current_user::regrole
"""
"""Rows, but no schema: neither CREATE, TRUNCATE, REFERENCES nor TRIGGER; which revision the schema has is not theirs.

By default too, so that what a revision makes can be used before this runs again.
"""


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


def hand_over(owner_url: str, roles: Collection[str], folder: Path) -> None:
    """Apply all revisions as the schema's owner, then let the roles that the service runs as work with its rows.

    Tests get their databases by it too: a right that is missing in production is missing there.
    """
    migrate(owner_url, folder)
    give_rights(owner_url, roles)


def give_rights(owner_url: str, roles: Collection[str]) -> None:
    """Let roles read and write the rows of what the owner has made, and call its functions. Again changes nothing."""
    asyncio.run(_give_rights(owner_url, roles))


def run_migrations(metadata: MetaData) -> None:
    """The body of a service's `migrations/env.py`."""
    asyncio.run(_migrate_online(context.config.attributes["database_url"], metadata))


async def _migrate_online(url: str, metadata: MetaData) -> None:
    engine = _engine(url)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_apply, metadata)
    finally:
        await engine.dispose()


async def _give_rights(owner_url: str, roles: Collection[str]) -> None:
    engine = _engine(owner_url)
    try:
        async with engine.begin() as connection:
            await connection.execute(_LOCK, {"lock": MIGRATION_LOCK})
            for role in sorted(roles):
                for (statement,) in (await connection.execute(text(_RIGHTS), {"role": role})).all():
                    await connection.exec_driver_sql(statement)
    finally:
        await engine.dispose()


def _engine(url: str) -> AsyncEngine:
    # A revision takes as long as it takes: an index on a large table is no statement that hangs.
    connect = connecting(url, "migrate", statement_timeout=0)
    return create_async_engine(for_sqlalchemy(url), async_creator=connect, poolclass=NullPool)


def _apply(connection: Connection, metadata: MetaData) -> None:
    context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=False)
    with context.begin_transaction():
        connection.execute(_LOCK, {"lock": MIGRATION_LOCK})
        context.run_migrations()
