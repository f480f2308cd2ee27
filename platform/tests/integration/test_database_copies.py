"""A test's own database: like the template, whatever the test before did with it."""

import asyncio
from collections.abc import AsyncIterator, Collection

import asyncpg
import pytest
import pytest_asyncio

from parking_platform.testing.databases import DatabaseCopies, database_copies
from parking_platform.testing.servers import PostgresServer, execute

SCHEMA = (
    "CREATE TABLE lots (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL)",
    "CREATE TABLE spots (lot_id bigint NOT NULL REFERENCES lots ON DELETE RESTRICT)",
    "CREATE TABLE roles (name text)",
    "INSERT INTO roles VALUES ('driver')",
)


@pytest_asyncio.fixture
async def copies(postgres_server: PostgresServer) -> AsyncIterator[DatabaseCopies]:
    async with database_copies(postgres_server, make_schema) as copies:
        yield copies


def make_schema(owner_url: str, roles: Collection[str]) -> None:
    """What `migrate` does: the tables by their owner, and the right to their rows."""
    (role,) = roles
    rights = f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "{role}"'
    asyncio.run(execute(owner_url, *SCHEMA, rights))


async def what_the_next_finds(copies: DatabaseCopies) -> tuple[str, dict[str, int]]:
    async with copies.one() as url:
        connection = await asyncpg.connect(url)
        try:
            counts = {name: await connection.fetchval(f"SELECT count(*) FROM {name}") for name in ("lots", "spots")}
            assert await connection.fetchval("SELECT string_agg(name, ',') FROM roles") == "driver"
            first = await connection.fetchval("INSERT INTO lots (name) VALUES ('first') RETURNING id")
            return url, {**counts, "first lot": first}
        finally:
            await connection.close()


AS_NEW = {"lots": 0, "spots": 0, "first lot": 1}


async def test_the_next_gets_it_without_rows_and_with_sequences_from_the_start(copies: DatabaseCopies) -> None:
    async with copies.one() as url:
        await execute(url, "INSERT INTO lots (name) VALUES ('North'), ('South')", "INSERT INTO spots VALUES (1), (2)")
    assert await what_the_next_finds(copies) == (url, AS_NEW)
    assert await what_the_next_finds(copies) == (url, AS_NEW)


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE lots ADD COLUMN city text",
        "ALTER TABLE lots ALTER COLUMN name DROP NOT NULL",
        "ALTER TABLE spots DROP CONSTRAINT spots_lot_id_fkey",
        "ALTER TABLE spots DISABLE TRIGGER ALL",
        "CREATE INDEX ON lots (name)",
        "CREATE TABLE more (id int)",
        "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "INSERT INTO lots (name) SELECT 'x' FROM generate_series(1, 100); ANALYZE lots",
        "INSERT INTO lots (name) SELECT repeat('x', 100) FROM generate_series(1, 50000)",
        "INSERT INTO roles VALUES ('operator')",
        "DELETE FROM roles",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET lock_timeout = 1000', current_database()); END $$",
    ],
)
async def test_a_copy_with_more_than_changed_rows_is_not_used_again(
    copies: DatabaseCopies, postgres_server: PostgresServer, change: str
) -> None:
    async with copies.one() as url:
        await execute(postgres_server.superuser_url(url), change)
    other, found = await what_the_next_finds(copies)
    assert other != url
    assert found == AS_NEW


async def test_two_at_once_get_two(copies: DatabaseCopies) -> None:
    async with copies.one() as one, copies.one() as other:
        assert one != other


async def test_a_transaction_left_open_is_ended(copies: DatabaseCopies) -> None:
    async with copies.one() as url:
        left = await asyncpg.connect(url)
        await left.execute("BEGIN; INSERT INTO lots (name) VALUES ('never committed')")
    assert await what_the_next_finds(copies) == (url, AS_NEW)
    assert left.is_closed()


async def test_a_database_that_is_gone_is_replaced(copies: DatabaseCopies, postgres_server: PostgresServer) -> None:
    async with copies.one() as url:
        await postgres_server.drop_database(url.rpartition("/")[2])
    other, found = await what_the_next_finds(copies)
    assert other != url
    assert found == AS_NEW


async def test_a_test_is_the_role_of_a_service_and_its_owner_by_name_alone(copies: DatabaseCopies) -> None:
    async with copies.one() as url:
        await execute(url, "INSERT INTO lots (name) VALUES ('North')")
        owner = copies.schema_owner(url)
        for change in ("CREATE TABLE mine (id int)", "ALTER TABLE lots ADD COLUMN mine int", "TRUNCATE spots"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await execute(url, change)
            await owner.run(change)


async def test_databases_roles_and_templates_are_gone_afterwards(postgres_server: PostgresServer) -> None:
    there = "SELECT (SELECT count(*) FROM pg_database), (SELECT count(*) FROM pg_roles)"
    connection = await asyncpg.connect(postgres_server.admin_url)
    before = await connection.fetchrow(there)
    async with database_copies(postgres_server, make_schema) as copies, copies.one():
        assert await connection.fetchrow(there) != before
    assert await connection.fetchrow(there) == before
    await connection.close()
