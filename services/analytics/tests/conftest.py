"""Analytics on real servers: a database and indices of each test's own."""

import sys
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
from elasticsearch import AsyncElasticsearch

import analytics_service
from parking_chassis.migrations import hand_over, migrations_folder
from parking_platform.testing.databases import DatabaseCopies, database_copies
from parking_platform.testing.servers import ElasticsearchServer, PostgresServer

# The fakes, and what else tests share, are imported by their place in the tree: `services.analytics.tests.fakes`.
sys.path.append(str(Path(__file__).parents[3]))


@pytest.fixture(scope="session")
def migrations() -> Path:
    """Where analytics' revisions are."""
    return migrations_folder(Path(analytics_service.__path__[0]))


@pytest_asyncio.fixture(scope="session")
async def databases(postgres_server: PostgresServer, migrations: Path) -> AsyncIterator[DatabaseCopies]:
    """Databases with analytics' schema."""
    async with database_copies(postgres_server, partial(hand_over, folder=migrations)) as copies:
        yield copies


@pytest_asyncio.fixture
async def database_url(databases: DatabaseCopies) -> AsyncIterator[str]:
    """A database of this test's own, as the role that the service runs as."""
    async with databases.one() as url:
        yield url


@pytest_asyncio.fixture(scope="session")
async def elasticsearch(elasticsearch_server: ElasticsearchServer) -> AsyncIterator[AsyncElasticsearch]:
    """A client, to see what is really kept."""
    async with AsyncElasticsearch(elasticsearch_server.url) as client:
        yield client


@pytest_asyncio.fixture
async def index_prefix(elasticsearch: AsyncElasticsearch) -> AsyncIterator[str]:
    """What the names of this test's indices begin with; they are gone after it."""
    prefix = f"test-{uuid4().hex[:12]}-"
    yield prefix
    left = await elasticsearch.indices.get(index=f"{prefix}*", expand_wildcards="all")
    if left.body:
        await elasticsearch.indices.delete(index=list(left.body))
