"""The clock of the services' databases, put back for the seeding alone (decision 0025).

Reservation measures holds by `clock_timestamp()` and `now()`, and an event's time is when its outbox row was written.
In each database a role of the seeding's own, a member of the service's, finds functions of these names before those of
PostgreSQL, because its search path says so, and a trigger for this role alone dates its outbox rows. No other role is
touched: a service that starts while this stands, or after a killed seeding left it behind, sees nothing of it.
"""

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import asyncpg

SCHEMA: Final = "demo_clock"

_MAKE: Final = f"""
    CREATE SCHEMA {SCHEMA};
    CREATE TABLE {SCHEMA}.behind AS SELECT interval '0' AS by;
    CREATE FUNCTION {SCHEMA}.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
        AS 'SELECT pg_catalog.clock_timestamp() - by FROM {SCHEMA}.behind';
    CREATE FUNCTION {SCHEMA}.now() RETURNS timestamptz LANGUAGE sql STABLE
        AS 'SELECT pg_catalog.now() - by FROM {SCHEMA}.behind';
    CREATE FUNCTION {SCHEMA}.dated() RETURNS trigger LANGUAGE plpgsql
        AS 'BEGIN NEW.created_at = {SCHEMA}.now(); RETURN NEW; END';
    CREATE ROLE %(role)s LOGIN PASSWORD '%(password)s' IN ROLE %(service)s;
    ALTER ROLE %(role)s SET search_path = {SCHEMA}, pg_catalog, public;
    GRANT USAGE ON SCHEMA {SCHEMA} TO %(role)s;
    GRANT SELECT ON {SCHEMA}.behind TO %(role)s;
    CREATE TRIGGER dated BEFORE INSERT ON public.outbox FOR EACH ROW
        WHEN (CURRENT_USER = '%(role)s') EXECUTE FUNCTION {SCHEMA}.dated();
"""  # noqa: S608 - constants
_REMOVE: Final = f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE; DROP ROLE IF EXISTS %(role)s;"


class PastDatabase:
    """A service's database as it is seen at an earlier time; `url` leads there."""

    def __init__(self, admin: "asyncpg.Connection[asyncpg.Record]", url: str) -> None:
        self.url = url
        self._admin = admin

    async def put_back(self, behind: timedelta) -> None:
        """Have its clock be so far behind."""
        await self._admin.execute(f"UPDATE {SCHEMA}.behind SET by = $1", behind)  # noqa: S608 - a constant


class PastDatabases:
    """Those of several services, all at one time; `urls` are by service."""

    def __init__(self, databases: Mapping[str, PastDatabase]) -> None:
        self.urls = {service: database.url for service, database in databases.items()}
        self._databases = databases

    async def put_back(self, behind: timedelta) -> None:
        """Have their clocks be so far behind."""
        for database in self._databases.values():
            await database.put_back(behind)


@asynccontextmanager
async def past_databases(admin_urls: Mapping[str, str]) -> AsyncIterator[PastDatabases]:
    """Shadow the clocks for the block, and remove all of it afterwards; `admin_urls` are a superuser's, by service.

    What a killed seeding left is removed first.
    """
    async with AsyncExitStack() as stack:
        databases = {
            service: await stack.enter_async_context(_past_database(service, url))
            for service, url in admin_urls.items()
        }
        yield PastDatabases(databases)


@asynccontextmanager
async def _past_database(service: str, admin_url: str) -> AsyncIterator[PastDatabase]:
    admin = await asyncpg.connect(admin_url)
    named = {"service": service, "role": f"{service}_in_the_past", "password": secrets.token_urlsafe()}
    try:
        await admin.execute(_REMOVE % named)
        await admin.execute(_MAKE % named)
        parts = urlsplit(admin_url)
        signed_in = f"{named['role']}:{named['password']}@{parts.hostname}:{parts.port}"
        yield PastDatabase(admin, urlunsplit(parts._replace(netloc=signed_in)))
    finally:
        await admin.execute(_REMOVE % named)
        await admin.close()
