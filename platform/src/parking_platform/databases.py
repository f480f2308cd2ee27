"""The databases and roles. `python -m parking_platform.databases` makes them where PostgreSQL runs in a container."""

import asyncio
import os
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from parking_platform.settings import load_settings

ADMIN_URL_VARIABLE = "DATABASES_ADMIN_URL"


def owner_of(database: str) -> str:
    """The role that `migrate` is: it owns the database, and all that is made in it."""
    return f"{database}_owner"


def password_variable(role: str) -> str:
    """The environment variable that holds a role's password."""
    return f"DATABASES_{role.upper()}_PASSWORD"


async def provision(admin_url: str, databases: Mapping[str, tuple[str, ...]], passwords: Mapping[str, str]) -> None:
    """Make each database, its owner, and the role of its name that works in it; both reach it alone.

    Again changes nothing. What the working role owns, from when there was no other, is handed over to the owner.
    `admin_url` is the superuser's, of the database `postgres`; `databases` says which extensions each needs: only the
    superuser may create them.
    """
    admin = await asyncpg.connect(admin_url)
    try:
        await admin.execute("REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC")
    finally:
        await admin.close()
    for name, extensions in databases.items():
        await provision_one(admin_url, name, extensions, passwords)


async def provision_one(admin_url: str, name: str, extensions: Collection[str], passwords: Mapping[str, str]) -> None:
    """Make one of them, and its roles."""
    admin = await asyncpg.connect(admin_url)
    try:
        for role in (name, owner_of(name)):
            await _make_role(admin, role, passwords[role])
        await _make_database(admin, name)
    finally:
        await admin.close()
    await _fit_out(urlunsplit(urlsplit(admin_url)._replace(path=f"/{name}")), name, extensions)


async def close_to_others(admin: asyncpg.Connection, database: str, role: str) -> None:
    """The owner keeps its rights and `role` may connect; all others lose what PostgreSQL gives to everybody."""
    await admin.execute(f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC')
    await admin.execute(f'GRANT CONNECT ON DATABASE "{database}" TO "{role}"')


async def _make_role(admin: asyncpg.Connection, name: str, password: str) -> None:
    if not await admin.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name):
        await admin.execute(f'CREATE ROLE "{name}" LOGIN')
    # DDL takes no parameters, so the server quotes the literal. The password file may be newer than the cluster.
    literal = await admin.fetchval("SELECT quote_literal($1::text)", password)
    await admin.execute(f'ALTER ROLE "{name}" PASSWORD {literal}')


async def _make_database(admin: asyncpg.Connection, name: str) -> None:
    if not await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
        await admin.execute(f'CREATE DATABASE "{name}" OWNER "{owner_of(name)}"')
    await close_to_others(admin, name, name)


async def _fit_out(database_url: str, name: str, extensions: Collection[str]) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(f'REASSIGN OWNED BY "{name}" TO "{owner_of(name)}"')
        for extension in extensions:
            await connection.execute(f'CREATE EXTENSION IF NOT EXISTS "{extension}"')
    finally:
        await connection.close()


def main() -> None:
    """Make those of platform.toml."""
    databases = load_settings().databases
    roles = (role for name in databases for role in (name, owner_of(name)))
    passwords = {role: os.environ[password_variable(role)] for role in roles}
    asyncio.run(provision(os.environ[ADMIN_URL_VARIABLE], databases, passwords))


if __name__ == "__main__":
    main()
