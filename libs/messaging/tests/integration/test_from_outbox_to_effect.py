"""The whole way once: outbox, relay, Kafka, consumer, effect."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from parking_messaging import Handlers, PostgresOutbox, RelaySettings, kafka_consumer, postgres_relay


async def test_an_event_takes_effect_once_in_order(
    engine: AsyncEngine, database_url: str, kafka: Any, kafka_topic: Any, running: Any, eventually: Any, rows: Any,
    add_effect: Any,
) -> None:  # fmt: skip
    subject = kafka_topic.event().sample_id
    async with engine.begin() as connection:
        await PostgresOutbox().add(connection, [kafka_topic.event(subject, version) for version in range(1, 11)])
    handlers: Handlers[AsyncConnection] = Handlers()
    handlers.effect(kafka_topic.event_class, add_effect)
    relay = postgres_relay(settings=RelaySettings(kafka_topic.topic.owner), database_url=database_url, kafka=kafka)
    consumer = kafka_consumer(group=kafka_topic.group, handlers=handlers, transactions=engine.begin, kafka=kafka)

    async def versions() -> list[object]:
        return [version for (version,) in await rows("SELECT version FROM effects ORDER BY at")]

    async with running(relay.run, consumer.run):
        await eventually(lambda: _is(versions(), list(range(1, 11))))
        await eventually(lambda: relay.status().is_active)
        await eventually(lambda: consumer.status().is_ready)
    assert await rows("SELECT count(*) FROM outbox WHERE sent_at IS NULL") == [(0,)]
    assert await rows("SELECT count(*) FROM inbox") == [(10,)]


async def _is(actual: Any, expected: object) -> bool:
    return await actual == expected
