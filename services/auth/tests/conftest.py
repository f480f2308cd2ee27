"""Auth on a real database: migrated once, copied for each test."""

import sys
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

import auth_service
from parking_chassis.migrations import hand_over, migrations_folder
from parking_platform.testing.databases import DatabaseCopies, database_copies
from parking_platform.testing.servers import PostgresServer

# The fakes, and what else tests share, are imported by their place in the tree: `services.auth.tests.fakes`.
sys.path.append(str(Path(__file__).parents[3]))


@pytest.fixture(scope="session")
def migrations() -> Path:
    """Where auth's revisions are."""
    return migrations_folder(Path(auth_service.__path__[0]))


@pytest_asyncio.fixture(scope="session")
async def databases(postgres_server: PostgresServer, migrations: Path) -> AsyncIterator[DatabaseCopies]:
    """Databases with auth's schema."""
    async with database_copies(postgres_server, partial(hand_over, folder=migrations)) as copies:
        yield copies


@pytest_asyncio.fixture
async def database_url(databases: DatabaseCopies) -> AsyncIterator[str]:
    """A database of this test's own, as the role that the service runs as."""
    async with databases.one() as url:
        yield url
