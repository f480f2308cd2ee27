"""The figures of the outbox as the database has them, and the lag as the broker has it."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from parking_messaging import (
    ConsumerSettings,
    Handlers,
    KafkaConnection,
    PostgresOutbox,
    RelaySettings,
    TryAgainLater,
    ensure_topics,
    kafka_consumer,
    postgres_relay,
)
from parking_messaging.adapters.postgres_outbox_state import MOST_COUNTED, OUTBOX_STATE
from parking_messaging.wiring import outbox_figures

FILL = """
    INSERT INTO outbox (id, aggregatetype, aggregateid, version, partition_key, type, payload, sent_at)
    SELECT gen_random_uuid(), 't', n::text, 1, 'k', 't', '', CASE WHEN n <= :sent THEN now() END
    FROM generate_series(1, :rows) AS n
"""


async def fill(engine: AsyncEngine, *, sent: int, unsent: int) -> None:
    """Rows that were sent, and as many that were not, of which the statistics know."""
    async with engine.begin() as connection:
        await connection.execute(text(FILL), {"sent": sent, "rows": sent + unsent})
        await connection.execute(text("ANALYZE outbox"))


def shown() -> tuple[float | None, float | None]:
    unsent, age = (REGISTRY.get_sample_value(name) for name in ("outbox_unsent", "outbox_oldest_age_seconds"))
    return unsent, age


async def test_a_process_without_a_relay_shows_what_the_database_has(engine: AsyncEngine, sample: Any) -> None:
    read = outbox_figures(engine)
    await read()
    assert shown() == (0, 0)
    async with engine.begin() as connection:
        await PostgresOutbox().add(connection, [sample.event(), sample.event()])
        await connection.execute(text("UPDATE outbox SET created_at = now() - interval '90 s'"))
    await read()
    unsent, age = shown()
    assert unsent == 2
    assert age is not None
    assert 90 <= age < 120


async def test_what_cannot_be_read_is_not_shown(engine: AsyncEngine) -> None:
    read = outbox_figures(engine)
    await read()
    async with engine.begin() as connection:
        await connection.execute(text("ALTER TABLE outbox RENAME TO moved"))
    with pytest.raises(DBAPIError):
        await read()
    assert shown() == (None, None)


async def test_to_ask_is_cheap_whatever_was_sent_and_whatever_waits(engine: AsyncEngine) -> None:
    await fill(engine, sent=20_000, unsent=MOST_COUNTED + 5)
    async with engine.connect() as connection:
        plan = "\n".join(line for (line,) in await connection.execute(text(f"EXPLAIN (ANALYZE) {OUTBOX_STATE}")))
    assert "Seq Scan" not in plan
    assert plan.count("outbox_unsent") == 2, plan
    await outbox_figures(engine)()
    assert shown()[0] == MOST_COUNTED


async def test_the_lag_is_the_brokers_though_nothing_can_be_settled(
    make_topic: Callable[..., Any], engine: AsyncEngine, database_url: str, kafka: KafkaConnection, running: Any,
    eventually: Any, rows: Any,
) -> None:  # fmt: skip
    """A consumer that starts while a dependency is away, and whose topic goes on growing beyond what its lane holds."""
    sample, subject = make_topic(partitions=2), uuid4()
    await ensure_topics(kafka, [sample.topic])
    handlers: Handlers[AsyncConnection] = Handlers()

    async def refuse(event: Any, envelope: object, tx: AsyncConnection) -> None:
        raise TryAgainLater("the bank is away")

    handlers.effect(sample.event_class, refuse)
    consumer = kafka_consumer(
        group=sample.group, handlers=handlers, transactions=engine.begin, kafka=kafka,
        settings=ConsumerSettings(lane_high=20, lane_low=5, lag_interval=0.5),
    )  # fmt: skip

    def lags() -> list[float | None]:
        labels = {"group": sample.group, "topic": sample.topic.name}
        numbers = ("0", "1")
        found = [REGISTRY.get_sample_value("consumer_lag", {**labels, "partition": each}) for each in numbers]
        return sorted(found, key=lambda lag: -1 if lag is None else lag)

    async def publish(first: int, last: int) -> None:
        async with engine.begin() as connection:
            await PostgresOutbox().add(connection, [sample.event(subject, n) for n in range(first, last + 1)])
        await eventually(lambda: _is(rows("SELECT count(*) FROM outbox WHERE sent_at IS NULL"), [(0,)]))

    relay = postgres_relay(settings=RelaySettings("sample"), database_url=database_url, kafka=kafka)
    async with running(relay.run):
        await publish(1, 700)
        async with running(consumer.run):
            await eventually(lambda: lags() == [0, 700])
            await publish(701, 1_400)
            await eventually(lambda: lags() == [0, 1_400])
    assert lags() == [None, None]


async def _is(actual: Any, expected: object) -> bool:
    return await actual == expected
