"""Notification on a real database: migrated once, copied for each test."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest_asyncio

import notification_service
from parking_chassis.migrations import migrate, migrations_folder
from parking_platform.testing.servers import PostgresServer

# What tests share is imported by its place in the tree: `services.notification.tests.installation`.
sys.path.append(str(Path(__file__).parents[3]))

FreshDatabase = Callable[[], AbstractAsyncContextManager[str]]


@pytest_asyncio.fixture(scope="session")
async def fresh_database(postgres_server: PostgresServer) -> FreshDatabase:
    """Makes databases with notification's schema; each is gone after its block."""
    template = await postgres_server.create_database()
    folder = migrations_folder(Path(notification_service.__path__[0]))
    await asyncio.to_thread(migrate, template, folder)

    @asynccontextmanager
    async def make() -> AsyncIterator[str]:
        url = await postgres_server.create_database(template=_name(template))
        try:
            yield url
        finally:
            await postgres_server.drop_database(_name(url))

    return make


@pytest_asyncio.fixture
async def database_url(fresh_database: FreshDatabase) -> AsyncIterator[str]:
    """A database of this test's own."""
    async with fresh_database() as url:
        yield url


def _name(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")
