"""A broker of the test's own goes away and comes back."""

import asyncio
import time
from typing import Any
from uuid import uuid4

from prometheus_client import REGISTRY
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from parking_messaging import (
    Handlers,
    KafkaConnection,
    PostgresOutbox,
    RelaySettings,
    ensure_topics,
    kafka_consumer,
    postgres_relay,
)
from parking_platform.ports import free_port
from parking_platform.servers.kafka import Kafka
from parking_platform.servers.server import start_child


async def test_nothing_is_lost_while_kafka_is_away(
    engine: AsyncEngine, database_url: str, sample: Any, running: Any, eventually: Any, rows: Any, add_effect: Any,
    server_scratch: Any,
) -> None:  # fmt: skip
    directory = server_scratch / f"kafka-{sample.topic.owner}"
    broker = Kafka(directory=directory, port=free_port(), controller_port=free_port(), durable=False)
    kafka = KafkaConnection(broker.bootstrap_servers, client_id="outage")
    handlers: Handlers[AsyncConnection] = Handlers()
    handlers.effect(sample.event_class, add_effect)
    relay = postgres_relay(settings=RelaySettings(sample.topic.owner), database_url=database_url, kafka=kafka)
    consumer = kafka_consumer(group=sample.group, handlers=handlers, transactions=engine.begin, kafka=kafka)
    subject = uuid4()

    async def write(first: int, last: int) -> None:
        for version in range(first, last + 1):
            async with engine.begin() as connection:
                await PostgresOutbox().add(connection, [sample.event(subject, version)])

    async def has_effects(last: int) -> bool:
        found = await rows("SELECT version FROM effects ORDER BY at")
        return [version for (version,) in found] == list(range(1, last + 1))

    child = await start_child(broker, server_scratch)
    try:
        await ensure_topics(kafka, [sample.topic])
        async with running(relay.run, consumer.run):
            await write(1, 20)
            await eventually(lambda: has_effects(20))
            await child.stop()
            await write(21, 60)
            assert await rows("SELECT count(*) >= 39 FROM outbox WHERE sent_at IS NULL") == [(True,)]
            child = await start_child(broker, server_scratch)
            await write(61, 80)
            await eventually(lambda: has_effects(80), within=60)
            await child.stop()
            await write(81, 90)
            stopped_at = time.monotonic()
        assert time.monotonic() - stopped_at < 10
        assert await rows("SELECT count(*) > 0 FROM outbox WHERE sent_at IS NULL") == [(True,)]
    finally:
        await child.stop()


async def test_a_relay_that_starts_before_kafka_waits_for_it(
    engine: AsyncEngine, database_url: str, sample: Any, running: Any, eventually: Any
) -> None:
    nowhere = KafkaConnection(f"127.0.0.1:{free_port()}", client_id="nowhere")
    handlers: Handlers[AsyncConnection] = Handlers()
    handlers.effect(sample.event_class, _nothing)
    relay = postgres_relay(settings=RelaySettings(sample.topic.owner), database_url=database_url, kafka=nowhere)
    consumer = kafka_consumer(group=sample.group, handlers=handlers, transactions=engine.begin, kafka=nowhere)
    async with engine.begin() as connection:
        await PostgresOutbox().add(connection, [sample.event()])
    async with asyncio.timeout(20), running(relay.run, consumer.run):
        await eventually(lambda: relay.status().is_active)
        await eventually(lambda: REGISTRY.get_sample_value("outbox_unsent") == 1)
        assert relay.status().is_active
        assert not consumer.status().is_ready


async def _nothing(event: object, envelope: object, tx: object) -> None:
    """Never called."""
