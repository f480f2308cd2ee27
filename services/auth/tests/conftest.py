"""Auth on a real database: migrated once, copied for each test."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

import auth_service
from parking_chassis.migrations import migrate, migrations_folder
from parking_platform.testing.servers import PostgresServer

# The fakes, and what else tests share, are imported by their place in the tree: `services.auth.tests.fakes`.
sys.path.append(str(Path(__file__).parents[3]))


@pytest.fixture(scope="session")
def migrations() -> Path:
    """Where auth's revisions are."""
    return migrations_folder(Path(auth_service.__path__[0]))


@pytest_asyncio.fixture(scope="session")
async def fresh_database(
    postgres_server: PostgresServer, migrations: Path
) -> Callable[[], AbstractAsyncContextManager[str]]:
    """Makes databases with auth's schema; each is gone after its block."""
    template = await postgres_server.create_database()
    await asyncio.to_thread(migrate, template, migrations)

    @asynccontextmanager
    async def make() -> AsyncIterator[str]:
        url = await postgres_server.create_database(template=_name(template))
        try:
            yield url
        finally:
            await postgres_server.drop_database(_name(url))

    return make


@pytest_asyncio.fixture
async def database_url(fresh_database: Callable[[], AbstractAsyncContextManager[str]]) -> AsyncIterator[str]:
    """A database of this test's own."""
    async with fresh_database() as url:
        yield url


def _name(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")
