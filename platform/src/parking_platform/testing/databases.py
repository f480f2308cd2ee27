"""A database for each test, with the content of a template.

To copy and to drop a database costs a busy machine several times what a test does in it. So a test gives its database
back, and the next one gets it as it was: the rows are deleted, the sequences begin again. Where more than rows was
changed, or so much was written that deleting it would not make it small again, it is dropped.

A test gets the address of the role that the service runs as, with the rights that `migrate` gives it and no others: a
statement for which one is missing fails there. What needs more is done by name, as the `schema_owner`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from parking_platform.testing.servers import PostgresServer, SchemaOwner, ServiceDatabase, database_of

_GROWTH_BYTES = 4_000_000
_END_MILLISECONDS = 5_000
_OWN = 16_384  # objects of a user have higher numbers than those of PostgreSQL

_CATALOGS = (
    ("pg_class", "oid"),
    ("pg_attribute", "attrelid"),
    ("pg_constraint", "oid"),
    ("pg_index", "indexrelid"),
    ("pg_namespace", "oid"),
    ("pg_policy", "oid"),
    ("pg_proc", "oid"),
    ("pg_rewrite", "oid"),
    ("pg_statistic", "starelid"),
    ("pg_trigger", "oid"),
    ("pg_type", "oid"),
)
_SHAPE = " UNION ALL ".join(
    f"SELECT '{catalog}', {number}::bigint, xmin::text FROM {catalog} WHERE {number} >= {_OWN}"  # noqa: S608 - constants
    for catalog, number in _CATALOGS
)
_SETTINGS = """
    SELECT 'pg_db_role_setting', setrole::bigint, setconfig::text FROM pg_db_role_setting
    WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_TABLES = """
    SELECT c.oid::regclass::text FROM pg_class c
    WHERE c.relkind = 'r' AND c.oid >= $1
      AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    ORDER BY 1
"""
_SEQUENCES = "SELECT format('%I.%I', schemaname, sequencename) AS name, last_value, start_value FROM pg_sequences"
_END_OTHERS = """
    SELECT coalesce(bool_and(pg_terminate_backend(pid, $1)), true) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True, slots=True)
class _Original:
    """What a database is like before a test: its schema, its size, the rows that came with it, how to empty it."""

    shape: frozenset[Any]
    size: int
    filled: dict[str, str]
    emptying: str

    @staticmethod
    async def of(connection: "asyncpg.Connection[Any]") -> "_Original":
        tables = [name for (name,) in await connection.fetch(_TABLES, _OWN)]
        filled = {name: rows for name in tables if (rows := await _rows_of(connection, name))}
        sequences = await connection.fetch(_SEQUENCES)
        statements = ["SET session_replication_role = replica"]  # no triggers, no foreign keys: the order is free
        statements += [f"DELETE FROM {name}" for name in tables if name not in filled]  # noqa: S608 - of the catalogue
        statements += [
            f"SELECT setval('{each['name']}', {each['last_value'] or each['start_value']}, "
            f"{str(each['last_value'] is not None).lower()})"
            for each in sequences
        ]
        return _Original(await _shape(connection), await _size(connection), filled, "; ".join(statements))

    async def is_still_there(self, connection: "asyncpg.Connection[Any]") -> bool:
        """Whether nothing but rows of the tables that were empty has changed."""
        if await _size(connection) > self.size + _GROWTH_BYTES or await _shape(connection) != self.shape:
            return False
        return all([await _rows_of(connection, name) == rows for name, rows in self.filled.items()])


class DatabaseCopies:
    """Databases with the content of a template, to which nobody may be connected."""

    def __init__(self, server: PostgresServer, template: ServiceDatabase) -> None:
        self._server = server
        self._template = template
        self._free: dict[str, _Original] = {}

    @asynccontextmanager
    async def one(self) -> AsyncIterator[str]:
        """The URL of a database that is its holder's alone, and like the template, as the role of the service."""
        url, original = self._free.popitem() if self._free else await self._copied()
        try:
            yield url
        finally:
            if await self._restored(url, original):
                self._free[url] = original
            else:
                await self._server.drop_database(database_of(url))

    def schema_owner(self, url: str) -> SchemaOwner:
        """Who may change the schema of one of them."""
        return SchemaOwner(self._template.copied_to(database_of(url)).owner_url)

    async def drop_all(self) -> None:
        """Remove those that nobody holds."""
        while self._free:
            await self._server.drop_database(database_of(self._free.popitem()[0]))

    async def _copied(self) -> tuple[str, _Original]:
        url = (await self._server.copy_service_database(self._template)).url
        connection = await asyncpg.connect(self._server.superuser_url(url))
        try:
            return url, await _Original.of(connection)
        finally:
            await connection.close()

    async def _restored(self, url: str, original: _Original) -> bool:
        try:
            connection = await asyncpg.connect(self._server.superuser_url(url))
        except asyncpg.PostgresError:
            return False  # a test took it away
        try:
            is_alone = await connection.fetchval(_END_OTHERS, _END_MILLISECONDS)
            if not is_alone or not await original.is_still_there(connection):
                return False
            await connection.execute(original.emptying)
            return True
        finally:
            await connection.close()


@asynccontextmanager
async def database_copies(
    server: PostgresServer, hand_over: Callable[[str, Collection[str]], object], *, extensions: Collection[str] = ()
) -> AsyncIterator[DatabaseCopies]:
    """Copies of a database that `hand_over` fills, in a thread of its own, given its owner's URL and the other role.

    That is `parking_chassis.migrations.hand_over`, by which `migrate` does the same.
    """
    template = await server.create_service_database(extensions=extensions)
    await asyncio.to_thread(hand_over, template.owner_url, {template.role})
    copies = DatabaseCopies(server, template)
    yield copies
    await copies.drop_all()
    await server.drop_service_database(template)


async def _shape(connection: "asyncpg.Connection[Any]") -> frozenset[Any]:
    return frozenset(tuple(row) for row in await connection.fetch(f"{_SHAPE} UNION ALL {_SETTINGS}"))


async def _size(connection: "asyncpg.Connection[Any]") -> int:
    return await connection.fetchval("SELECT pg_database_size(current_database())")


async def _rows_of(connection: "asyncpg.Connection[Any]", table: str) -> str:
    """A digest of a table's rows; empty where it has none."""
    statement = f"SELECT coalesce(md5(string_agg(t::text, ',' ORDER BY t::text)), '') FROM {table} AS t"  # noqa: S608 - the same
    return await connection.fetchval(statement)
