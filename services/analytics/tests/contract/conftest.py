"""The fakes and the real adapters, behind the same ports."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from elasticsearch import AsyncElasticsearch
from services.analytics.tests.events import NOON
from services.analytics.tests.fakes.clock import FakeClock
from services.analytics.tests.fakes.elasticsearch.cluster import FakeCluster
from services.analytics.tests.fakes.elasticsearch.documents import FakeDocuments
from services.analytics.tests.fakes.elasticsearch.figures import FakeFigures
from services.analytics.tests.fakes.elasticsearch.indices import FakeIndices
from services.analytics.tests.fakes.postgres.unit_of_work import FakeDatabase, in_memory_work

from analytics_service.adapters.elasticsearch.documents import ElasticsearchDocuments
from analytics_service.adapters.elasticsearch.figures import ElasticsearchFigures
from analytics_service.adapters.elasticsearch.indices import ElasticsearchIndices
from analytics_service.adapters.elasticsearch.names import Names
from analytics_service.adapters.postgres.unit_of_work import units_of_work
from analytics_service.application.ports import Document, Documents, Figures, Indices, OpenWork, Projection
from parking_chassis.database import PoolSettings, create_engine


@dataclass(frozen=True)
class Store:
    """A cluster's ports."""

    documents: Documents
    indices: Indices
    figures: Figures

    async def serving(self, *documents: Document) -> str:
        """A served index that holds the documents; its name."""
        (projection,) = {document.projection for document in documents}
        index = await self.indices.create(projection)
        assert await self.documents.put(documents, {projection: [index]}) == []
        await self.indices.serve(projection, index)
        return index

    async def found(self, projection: Projection) -> dict[str, Document]:
        """All documents that the alias leads to."""
        return {document.id: document async for batch in self.indices.kept(projection) for document in batch}


@pytest.fixture(params=["fake", "elasticsearch"])
def store(request: pytest.FixtureRequest) -> Store:
    """Documents, indices and figures."""
    if request.param == "fake":
        cluster = FakeCluster()
        return Store(FakeDocuments(cluster), FakeIndices(cluster), FakeFigures(cluster))
    client: AsyncElasticsearch = request.getfixturevalue("elasticsearch")
    names = Names(request.getfixturevalue("index_prefix"))
    return Store(
        ElasticsearchDocuments(client), ElasticsearchIndices(client, names), ElasticsearchFigures(client, names)
    )


@pytest_asyncio.fixture
async def postgres_open_work(database_url: str) -> AsyncIterator[OpenWork]:
    """Units of work on an empty database."""
    engine = create_engine(database_url, "tests", PoolSettings(size=5))
    yield units_of_work().opened_on(engine)
    await engine.dispose()


@pytest.fixture(params=["fake", "postgres"])
def open_work(request: pytest.FixtureRequest) -> OpenWork:
    """Opens units of work."""
    if request.param == "fake":
        return in_memory_work(FakeDatabase(FakeClock(NOON)))
    return request.getfixturevalue("postgres_open_work")
