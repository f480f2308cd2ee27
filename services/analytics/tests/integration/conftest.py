"""Analytics with real PostgreSQL, Kafka and Elasticsearch."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import httpx
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer
from elasticsearch import AsyncElasticsearch
from services.analytics.tests.installation import Consuming, Kept, Publish, settings_for
from services.analytics.tests.publishing import PROJECTED, purge, send

from analytics_service.application.commands.prepare_indices import PrepareIndices
from analytics_service.bootstrap import Analytics, bootstrap, resources
from analytics_service.entrypoints.consumers import GROUPS, messaging
from analytics_service.entrypoints.http.app import analytics_app
from analytics_service.settings import AnalyticsSettings
from parking_events.topics import LOGIN, LOT
from parking_messaging import KafkaConnection, ensure_topics, topics_of
from parking_platform.testing.servers import ElasticsearchServer, KafkaServer
from parking_platform.testing.waiting import wait_until


@pytest_asyncio.fixture(scope="session")
async def made_topics(kafka_server: KafkaServer) -> KafkaServer:
    """A broker with the topics that analytics reads and writes."""
    connection = KafkaConnection(kafka_server.bootstrap_servers, client_id="tests")
    await ensure_topics(connection, [LOT, LOGIN, *PROJECTED, *topics_of("analytics", groups=GROUPS)])
    return kafka_server


@pytest_asyncio.fixture
async def empty_topics(made_topics: KafkaServer) -> KafkaServer:
    """The topics have fixed names: each test begins with empty ones (but for lots, which Kafka lets nobody delete)."""
    await purge(made_topics.bootstrap_servers)
    return made_topics


@pytest_asyncio.fixture(scope="session")
async def producer(made_topics: KafkaServer) -> AsyncIterator[AIOKafkaProducer]:
    """What the other services' relays write with."""
    producer = AIOKafkaProducer(bootstrap_servers=made_topics.bootstrap_servers)
    await producer.start()
    yield producer
    await producer.stop()


@pytest.fixture
def publish(empty_topics: KafkaServer, producer: AIOKafkaProducer) -> Publish:
    """Puts events on Kafka."""
    return partial(send, producer)


@pytest.fixture
def settings(
    database_url: str, index_prefix: str, elasticsearch_server: ElasticsearchServer, empty_topics: KafkaServer
) -> AnalyticsSettings:
    """This test's installation."""
    return settings_for(
        database_url,
        index_prefix=index_prefix,
        elasticsearch_url=elasticsearch_server.url,
        kafka_bootstrap_servers=empty_topics.bootstrap_servers,
    )


@pytest_asyncio.fixture
async def analytics(settings: AnalyticsSettings) -> AsyncIterator[Analytics]:
    """The wired service, with its indices."""
    wired = bootstrap(settings)
    async with resources(wired):
        await wired.use_cases.prepare_indices(PrepareIndices())
        yield wired


@pytest.fixture
def kept(elasticsearch: AsyncElasticsearch, index_prefix: str) -> Kept:
    """What the indices really hold."""
    return Kept(elasticsearch, index_prefix)


@pytest.fixture
def consuming(analytics: Analytics) -> Consuming:
    """Runs the service's consumers while a block lasts."""

    @asynccontextmanager
    async def run() -> AsyncIterator[None]:
        stop = asyncio.Event()
        groups = messaging(analytics).consumers
        tasks = [asyncio.create_task(consumer.run(stop)) for consumer in groups.values()]
        try:
            await wait_until(
                lambda: all(consumer.status().partitions for consumer in groups.values()), "all partitions"
            )
            yield
        finally:
            stop.set()
            await asyncio.gather(*tasks)

    return run


@pytest_asyncio.fixture
async def client(analytics: Analytics) -> AsyncIterator[httpx.AsyncClient]:
    """A client of its HTTP application."""
    transport = httpx.ASGITransport(analytics_app(analytics), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://analytics") as client:
        yield client
