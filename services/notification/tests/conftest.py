"""Notification on a real database: migrated once, copied for each test."""

import sys
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest_asyncio

import notification_service
from parking_chassis.migrations import hand_over, migrations_folder
from parking_platform.testing.databases import DatabaseCopies, database_copies
from parking_platform.testing.servers import PostgresServer

# What tests share is imported by its place in the tree: `services.notification.tests.installation`.
sys.path.append(str(Path(__file__).parents[3]))


@pytest_asyncio.fixture(scope="session")
async def databases(postgres_server: PostgresServer) -> AsyncIterator[DatabaseCopies]:
    """Databases with notification's schema."""
    migrations = migrations_folder(Path(notification_service.__path__[0]))
    async with database_copies(postgres_server, partial(hand_over, folder=migrations)) as copies:
        yield copies


@pytest_asyncio.fixture
async def database_url(databases: DatabaseCopies) -> AsyncIterator[str]:
    """A database of this test's own, as the role that the service runs as."""
    async with databases.one() as url:
        yield url
