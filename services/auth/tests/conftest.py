"""Auth on a real database: migrated once, copied for each test."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
import pytest_asyncio

import auth_service
from parking_chassis.migrations import migrate, migrations_folder
from parking_platform.testing.databases import DatabaseCopies
from parking_platform.testing.servers import PostgresServer

# The fakes, and what else tests share, are imported by their place in the tree: `services.auth.tests.fakes`.
sys.path.append(str(Path(__file__).parents[3]))

FreshDatabase = Callable[[], AbstractAsyncContextManager[str]]


@pytest.fixture(scope="session")
def migrations() -> Path:
    """Where auth's revisions are."""
    return migrations_folder(Path(auth_service.__path__[0]))


@pytest_asyncio.fixture(scope="session")
async def fresh_database(postgres_server: PostgresServer, migrations: Path) -> AsyncIterator[FreshDatabase]:
    """Makes databases with auth's schema; each is its block's own."""
    template = await postgres_server.create_database()
    await asyncio.to_thread(migrate, template, migrations)
    copies = DatabaseCopies(postgres_server, template)
    yield copies.one
    await copies.drop_all()


@pytest_asyncio.fixture
async def database_url(fresh_database: FreshDatabase) -> AsyncIterator[str]:
    """A database of this test's own."""
    async with fresh_database() as url:
        yield url
