"""Notification on a real database: migrated once, copied for each test."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest_asyncio

import notification_service
from parking_chassis.migrations import migrate, migrations_folder
from parking_platform.testing.databases import DatabaseCopies
from parking_platform.testing.servers import PostgresServer

# What tests share is imported by its place in the tree: `services.notification.tests.installation`.
sys.path.append(str(Path(__file__).parents[3]))

FreshDatabase = Callable[[], AbstractAsyncContextManager[str]]


@pytest_asyncio.fixture(scope="session")
async def fresh_database(postgres_server: PostgresServer) -> AsyncIterator[FreshDatabase]:
    """Makes databases with notification's schema; each is its block's own."""
    template = await postgres_server.create_database()
    await asyncio.to_thread(migrate, template, migrations_folder(Path(notification_service.__path__[0])))
    copies = DatabaseCopies(postgres_server, template)
    yield copies.one
    await copies.drop_all()


@pytest_asyncio.fixture
async def database_url(fresh_database: FreshDatabase) -> AsyncIterator[str]:
    """A database of this test's own."""
    async with fresh_database() as url:
        yield url
