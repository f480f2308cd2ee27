"""Bringing a database to a schema, by many processes at once."""

import asyncio
import sys
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from parking_chassis.migrations import give_rights, migrations_folder
from parking_platform.processes import inherited_environment
from parking_platform.testing.servers import PostgresServer, unique_name

MIGRATE = """
import sys
from pathlib import Path
from parking_chassis.migrations import migrate

migrate(sys.argv[1], Path(sys.argv[2]))
"""

ENVIRONMENT = """
from sqlalchemy import MetaData
from parking_chassis.migrations import run_migrations

run_migrations(MetaData())
"""
# No IF NOT EXISTS: were it to run twice, it would fail. The pause makes sure that all processes are there.
FIRST = """
from alembic import op

revision, down_revision = "1", None


def upgrade():
    op.execute("SELECT pg_sleep(1)")
    op.execute("CREATE TABLE things (id integer)")
"""
SECOND = """
from alembic import op

revision, down_revision = "2", "1"


def upgrade():
    op.execute("INSERT INTO things VALUES (1)")
    op.execute({statement!r})
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "versions").mkdir()
    (tmp_path / "env.py").write_text(ENVIRONMENT)
    (tmp_path / "versions" / "0001.py").write_text(FIRST)
    (tmp_path / "versions" / "0002.py").write_text(SECOND.format(statement="SELECT 1"))
    return tmp_path


async def migrated(url: str, folder: Path) -> int | None:
    """The exit code of a process that migrates."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", MIGRATE, url, str(folder), env=inherited_environment()
    )
    return await asyncio.wait_for(process.wait(), 60)


async def things(url: str) -> list[int] | None:
    """What the migrations left; none without the table."""
    connection = await asyncpg.connect(url)
    try:
        return [row["id"] for row in await connection.fetch("SELECT id FROM things")]
    except asyncpg.UndefinedTableError:
        return None
    finally:
        await connection.close()


async def test_of_processes_that_start_together_one_migrates(postgres_server: PostgresServer, folder: Path) -> None:
    url = await postgres_server.create_database()
    assert await asyncio.gather(*(migrated(url, folder) for _ in range(3))) == [0, 0, 0]
    assert await things(url) == [1]


async def test_a_revision_that_fails_leaves_nothing_behind(postgres_server: PostgresServer, folder: Path) -> None:
    url = await postgres_server.create_database()
    second = folder / "versions" / "0002.py"
    second.write_text(SECOND.format(statement="SELECT nonsense"))
    assert await migrated(url, folder) == 1
    assert await things(url) is None
    second.write_text(SECOND.format(statement="SELECT 1"))
    assert await migrated(url, folder) == 0
    assert await things(url) == [1]


async def test_a_revision_takes_as_long_as_it_takes(postgres_server: PostgresServer, folder: Path) -> None:
    url = await postgres_server.create_database()
    name = url.rpartition("/")[2]
    await postgres_server.execute(f'ALTER DATABASE "{name}" SET statement_timeout = 500')
    assert await migrated(url, folder) == 0  # the first revision sleeps for a second
    assert await things(url) == [1]


async def test_the_role_of_a_service_gets_the_rows_of_what_is_there_and_of_what_comes_and_no_more(
    postgres_server: PostgresServer, folder: Path
) -> None:
    url, role = await postgres_server.create_database(), unique_name("a-Role")
    await postgres_server.execute(f"CREATE ROLE \"{role}\" LOGIN PASSWORD 'running'")
    assert await migrated(url, folder) == 0
    for _again in range(2):
        await asyncio.to_thread(give_rights, url, {role})
    database = url.rpartition("/")[2]
    await postgres_server.execute("CREATE TABLE later (id serial)", database=database)
    server = urlsplit(url)
    connection = await asyncpg.connect(
        host=server.hostname, port=server.port, user=role, password="running", database=database
    )
    try:
        for table in ("things", "later"):
            await connection.execute(f"INSERT INTO {table} VALUES (1)")
            await connection.execute(f"UPDATE {table} SET id = 2; DELETE FROM {table}; SELECT FROM {table}")
        await connection.execute("INSERT INTO later DEFAULT VALUES")
        for refused in ("TRUNCATE things", "DROP TABLE later", "CREATE TABLE mine ()", "DELETE FROM alembic_version"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(refused)
    finally:
        await connection.close()
    await postgres_server.drop_database(database)
    await postgres_server.execute(f'DROP ROLE "{role}"')


def test_revisions_are_in_the_installed_package_or_else_beside_src(tmp_path: Path) -> None:
    package = tmp_path / "auth" / "src" / "auth_service"
    package.mkdir(parents=True)
    assert migrations_folder(package) == tmp_path / "auth" / "migrations"
    (package / "migrations").mkdir()
    assert migrations_folder(package) == package / "migrations"
