"""The whole service: worker, two serving processes, auth, and servers that a test may stop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import pytest_asyncio
from aiokafka import AIOKafkaProducer
from services.notification.tests.events import Publishing
from services.notification.tests.running import RunningNotification

from notification_service.entrypoints.cli import make_topics
from parking_events import TOPICS
from parking_messaging import KafkaConnection, ensure_topics
from parking_platform.testing.servers import KafkaServer, PostgresServer


@pytest_asyncio.fixture(scope="session")
async def publish(kafka_server: KafkaServer) -> AsyncIterator[Publishing]:
    """Publishes other services' events."""
    connection = KafkaConnection(kafka_server.bootstrap_servers, client_id="test")
    await ensure_topics(connection, list(TOPICS.values()))
    async with AIOKafkaProducer(bootstrap_servers=kafka_server.bootstrap_servers, acks="all") as producer:
        yield Publishing(producer)


@pytest_asyncio.fixture(scope="session")
async def notification(
    postgres_server: PostgresServer, kafka_server: KafkaServer, publish: Publishing, server_scratch: Path
) -> AsyncIterator[RunningNotification]:
    """The service with all its processes, up once for the whole run."""
    directory = server_scratch / f"notification-{uuid4().hex[:8]}"
    directory.mkdir()
    databases = [await postgres_server.create_service_database() for _ in range(2)]
    async with AsyncExitStack() as stack:
        running = RunningNotification(directory, databases[0], databases[1], kafka_server.bootstrap_servers, stack)
        await running.migrate()
        await make_topics(running.settings)
        await asyncio.gather(running.redis.start(), running.mail.start(), running.auth.start())
        await asyncio.gather(running.worker.start(), *(each.start() for each in running.serving))
        yield running
