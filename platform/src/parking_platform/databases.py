"""The databases and roles. `python -m parking_platform.databases` makes them where PostgreSQL runs in a container."""

import asyncio
import os
from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from parking_platform.settings import load_settings

ADMIN_URL_VARIABLE = "DATABASES_ADMIN_URL"


def password_variable(database: str) -> str:
    """The environment variable that holds the password of a database's role."""
    return f"DATABASES_{database.upper()}_PASSWORD"


async def provision(admin_url: str, databases: Mapping[str, tuple[str, ...]], passwords: Mapping[str, str]) -> None:
    """Make each database, and its role of the same name that reaches it alone. Again changes nothing.

    `admin_url` is the superuser's, of the database `postgres`; `databases` says which extensions each needs: only the
    superuser may create them.
    """
    admin = await asyncpg.connect(admin_url)
    try:
        await admin.execute("REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC")
        for name in databases:
            await _make_role(admin, name, passwords[name])
            await _make_database(admin, name)
    finally:
        await admin.close()
    for name, extensions in databases.items():
        await _make_extensions(urlunsplit(urlsplit(admin_url)._replace(path=f"/{name}")), extensions)


async def _make_role(admin: asyncpg.Connection, name: str, password: str) -> None:
    if not await admin.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name):
        await admin.execute(f'CREATE ROLE "{name}" LOGIN')
    # DDL takes no parameters, so the server quotes the literal. The password file may be newer than the cluster.
    literal = await admin.fetchval("SELECT quote_literal($1::text)", password)
    await admin.execute(f'ALTER ROLE "{name}" PASSWORD {literal}')


async def _make_database(admin: asyncpg.Connection, name: str) -> None:
    if not await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
        await admin.execute(f'CREATE DATABASE "{name}" OWNER "{name}"')
    # The owner keeps its rights; everybody else loses the connect right that PostgreSQL gives to all.
    await admin.execute(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')


async def _make_extensions(database_url: str, extensions: tuple[str, ...]) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        for extension in extensions:
            await connection.execute(f'CREATE EXTENSION IF NOT EXISTS "{extension}"')
    finally:
        await connection.close()


def main() -> None:
    """Make those of platform.toml."""
    databases = load_settings().databases
    passwords = {name: os.environ[password_variable(name)] for name in databases}
    asyncio.run(provision(os.environ[ADMIN_URL_VARIABLE], databases, passwords))


if __name__ == "__main__":
    main()
