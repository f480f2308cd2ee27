"""The clock of reservation's database, put back for the seeding alone (decision 0025).

Reservation measures holds by `clock_timestamp()` and `now()`. A role of the seeding's own, a member of reservation's,
finds functions of these names before PostgreSQL's, because its search path says so. No other role is touched: a service
that starts while this stands, or after it was left behind by a killed seeding, sees nothing of it.
"""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import asyncpg

ROLE: Final = "reservation_in_the_past"
SCHEMA: Final = "demo_clock"

_MAKE: Final = f"""
    CREATE SCHEMA {SCHEMA};
    CREATE TABLE {SCHEMA}.behind AS SELECT interval '0' AS by;
    CREATE FUNCTION {SCHEMA}.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
        AS 'SELECT pg_catalog.clock_timestamp() - by FROM {SCHEMA}.behind';
    CREATE FUNCTION {SCHEMA}.now() RETURNS timestamptz LANGUAGE sql STABLE
        AS 'SELECT pg_catalog.now() - by FROM {SCHEMA}.behind';
    CREATE ROLE {ROLE} LOGIN IN ROLE reservation;
    ALTER ROLE {ROLE} SET search_path = {SCHEMA}, pg_catalog, public;
    GRANT USAGE ON SCHEMA {SCHEMA} TO {ROLE};
    GRANT SELECT ON {SCHEMA}.behind TO {ROLE};
"""  # noqa: S608 - constants
_REMOVE: Final = f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE; DROP ROLE IF EXISTS {ROLE};"


class PastDatabase:
    """Reservation's database as it is seen at an earlier time; `url` leads there."""

    def __init__(self, admin: "asyncpg.Connection[asyncpg.Record]", url: str) -> None:
        self.url = url
        self._admin = admin

    async def put_back(self, behind: timedelta) -> None:
        """Have its clock be so far behind."""
        await self._admin.execute(f"UPDATE {SCHEMA}.behind SET by = $1", behind)  # noqa: S608 - a constant


@asynccontextmanager
async def past_database(admin_url: str) -> AsyncIterator[PastDatabase]:
    """Shadow the clock for the block, and remove all of it afterwards; `admin_url` is a superuser's of the database.

    What a killed seeding left is removed first.
    """
    admin = await asyncpg.connect(admin_url)
    try:
        await admin.execute(_REMOVE)
        password = secrets.token_urlsafe()
        await admin.execute(_MAKE)
        await admin.execute(f"ALTER ROLE {ROLE} PASSWORD '{password}'")
        yield PastDatabase(admin, _as_role(admin_url, password))
    finally:
        await admin.execute(_REMOVE)
        await admin.close()


def _as_role(admin_url: str, password: str) -> str:
    parts = urlsplit(admin_url)
    return urlunsplit(parts._replace(netloc=f"{ROLE}:{password}@{parts.hostname}:{parts.port}"))
