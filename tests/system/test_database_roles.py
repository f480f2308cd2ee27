"""The role that a service runs as works with rows, and cannot change the schema."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio
from tests.system.backstage import Databases

from parking_platform.databases import owner_of
from parking_platform.settings import load_settings

SERVICES = tuple(load_settings(environment={}).services)
CHANGES = (
    "CREATE TABLE mine (id int)",
    "CREATE TEMPORARY TABLE mine (id int)",
    "CREATE SCHEMA mine",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE INDEX ON outbox (created_at)",
    "CREATE RULE mine AS ON DELETE TO outbox DO INSTEAD NOTHING",
    "ALTER TABLE outbox ADD COLUMN mine int",
    "ALTER TABLE outbox DISABLE TRIGGER ALL",
    "ALTER TABLE outbox OWNER TO CURRENT_USER",
    "ALTER DATABASE {database} SET search_path = pg_temp",
    "DROP TABLE outbox",
    "TRUNCATE outbox",
    "UPDATE alembic_version SET version_num = '0000'",
    "SET ROLE {owner}",
    "SET session_replication_role = replica",
)
OF_OWNER = CHANGES[:12]
"""What the owner may do; the rest is a superuser's, or pointless for it."""
OWNED = """
    SELECT relname FROM pg_class WHERE relowner = current_user::regrole
    UNION ALL SELECT proname FROM pg_proc WHERE proowner = current_user::regrole
    UNION ALL SELECT datname FROM pg_database WHERE datdba = current_user::regrole
    UNION ALL SELECT nspname FROM pg_namespace WHERE nspowner = current_user::regrole
"""
OUT_OF_REACH = """
    SELECT relname, "right" FROM pg_class, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) "right"
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname <> 'alembic_version'
        AND relowner = $1::text::regrole AND NOT has_table_privilege(oid, "right")
    UNION ALL SELECT sequencename, 'USAGE' FROM pg_sequences
    WHERE schemaname = 'public' AND NOT has_sequence_privilege(format('%I.%I', schemaname, sequencename), 'USAGE')
    UNION ALL SELECT proname, 'EXECUTE' FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND NOT has_function_privilege(oid, 'EXECUTE')
"""


@pytest_asyncio.fixture
async def running(databases: Databases, service: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection with the address that `serve` and `work` have."""
    async with databases.connected(service) as connection:
        yield connection


@pytest.mark.parametrize("service", SERVICES)
async def test_the_running_role_cannot_change_the_schema(running: asyncpg.Connection, service: str) -> None:
    for change in CHANGES:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await running.execute(change.format(database=service, owner=owner_of(service)))
    assert await running.fetch(OWNED) == []


@pytest.mark.parametrize("service", SERVICES)
async def test_the_running_role_can_do_its_work(running: asyncpg.Connection, service: str) -> None:
    """Every table, sequence and function of the schema is within its reach; the other system tests use them."""
    owner = await running.fetchval("SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'outbox'")
    assert owner == owner_of(service), "whose tables are looked at"
    assert await running.fetch(OUT_OF_REACH, owner_of(service)) == []


@pytest.mark.parametrize("service", SERVICES)
async def test_the_owner_could(databases: Databases, service: str) -> None:
    """The negative control: these statements are refused for who asks, not for what they say."""
    async with databases.changing_schema(service) as owner:
        for change in OF_OWNER:
            transaction = owner.transaction()
            await transaction.start()
            await owner.execute(change.format(database=service, owner=owner_of(service)))
            await transaction.rollback()


async def test_a_months_partition_is_made_by_the_running_role_and_owned_by_the_migrating_one(
    databases: Databases,
) -> None:
    async with databases.connected("reservation") as running:
        transaction = running.transaction()
        await transaction.start()
        made = await running.fetchval("SELECT make_reservation_partitions(24)")
        owners = await running.fetch(
            "SELECT DISTINCT pg_get_userbyid(relowner) AS owner FROM pg_class"
            " JOIN pg_inherits ON inhrelid = pg_class.oid WHERE inhparent = 'reservations'::regclass"
        )
        await transaction.rollback()
    assert made > 0
    assert [row["owner"] for row in owners] == [owner_of("reservation")]
