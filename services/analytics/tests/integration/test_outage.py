"""Elasticsearch goes and comes back: events wait, questions get a 503, and nothing is lost."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest_asyncio
from elasticsearch import AsyncElasticsearch
from prometheus_client import REGISTRY
from services.analytics.tests.documents import expected, wait_for
from services.analytics.tests.events import LOT, OPERATOR, confirmed, lot_created, posted
from services.analytics.tests.installation import Consuming, Kept, Publish, settings_for, signed_in
from sqlalchemy import text

from analytics_service.application.ports import Projection
from analytics_service.bootstrap import Analytics
from analytics_service.entrypoints.worker import IndexKeeper, index_missing
from analytics_service.settings import AnalyticsSettings
from parking_platform.ports import free_port
from parking_platform.processes import ChildProcess
from parking_platform.servers.elasticsearch import Elasticsearch
from parking_platform.servers.server import start_child
from parking_platform.testing.servers import KafkaServer
from parking_platform.testing.waiting import wait_until

PERIOD = {"from": "2025-03-03T00:00:00Z", "to": "2025-03-04T00:00:00Z"}


class OwnServer:
    """An Elasticsearch that a test may stop."""

    def __init__(self, server: Elasticsearch, logs: Path) -> None:
        self.url = server.url
        self._server = server
        self._logs = logs
        self._child: ChildProcess | None = None

    async def start(self) -> None:
        self._child = await start_child(self._server, self._logs)

    async def stop(self) -> None:
        assert self._child
        await self._child.stop()


@pytest_asyncio.fixture
async def own_server(server_scratch: Path) -> AsyncIterator[OwnServer]:
    directory = server_scratch / "analytics-elasticsearch"
    directory.mkdir()
    node = Elasticsearch(
        directory=directory, port=free_port(), transport_port=free_port(), durable=False, name="analytics-elasticsearch"
    )
    server = OwnServer(node, server_scratch)
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture
async def settings(database_url: str, own_server: OwnServer, empty_topics: KafkaServer) -> AnalyticsSettings:
    return settings_for(
        database_url, elasticsearch_url=own_server.url, kafka_bootstrap_servers=empty_topics.bootstrap_servers
    )


@pytest_asyncio.fixture
async def kept(own_server: OwnServer, settings: AnalyticsSettings) -> AsyncIterator[Kept]:
    async with AsyncElasticsearch(own_server.url) as client:
        yield Kept(client, settings.index_prefix)


async def revenue(client: httpx.AsyncClient) -> httpx.Response:
    question = {"parking_lot_id": str(LOT), **PERIOD}
    return await client.get("/api/v1/analytics/revenue", params=question, headers=signed_in(organizations=(OPERATOR,)))


async def test_it_goes_and_comes_back(
    analytics: Analytics,
    publish: Publish,
    consuming: Consuming,
    kept: Kept,
    client: httpx.AsyncClient,
    own_server: OwnServer,
) -> None:
    before = [posted(1) for _ in range(20)]
    during = [*(posted(1) for _ in range(300)), *(confirmed() for _ in range(100))]
    async with consuming():
        await publish(lot_created(), *before)
        await wait_for(kept, Projection.LEDGER, len(before))

        async def is_shown() -> bool:
            """The lot comes by another topic than its money."""
            answer = await revenue(client)
            return answer.is_success and answer.json()["total"]["gross"] == len(before)

        await wait_until(is_shown, "the revenue of the lot")

        await own_server.stop()
        await publish(*during)
        away = await revenue(client)
        assert (away.status_code, away.json()["type"]) == (503, "/problems/service-unavailable")
        assert int(away.headers["retry-after"]) >= 1
        assert (await client.get("/readyz")).status_code == 503
        await IndexKeeper(analytics.use_cases, index_missing(lambda: True)).reconcile()
        await wait_until_waiting()

        await own_server.start()
        await wait_for(kept, Projection.LEDGER, len(before) + 300, seconds=60)
        await wait_for(kept, Projection.RESERVATIONS, 100, seconds=60)
    assert await kept.of(Projection.LEDGER) == expected(*before, *during[:300])
    assert await kept.of(Projection.RESERVATIONS) == expected(*during[300:])
    assert (await revenue(client)).json()["total"]["gross"] == len(before) + 300
    async with analytics.engine.connect() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM dead_letters"))).scalar_one() == 0


async def wait_until_waiting() -> None:
    """A partition pauses with backoff, and gives nothing up."""

    def waits() -> bool:
        labels = {"group": "analytics.projections"}
        return bool(REGISTRY.get_sample_value("consumer_waiting_partitions", labels))

    await wait_until(waits, "a partition that waits")
