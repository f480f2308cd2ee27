"""A large outbox is drained into Kafka: by the relay, and by a bare polling loop."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, cast

import asyncpg
from benchmarks.figures import Goal, Line
from benchmarks.load import RATE
from benchmarks.reference_database import made
from benchmarks.rotation import Contender, Measured, WrongAnswer
from benchmarks.trial import Findings, Trial
from prometheus_client import REGISTRY

from parking_events.topics import Cleanup, Topic
from parking_messaging.adapters.aiokafka_client import TopicPartition, new_consumer, new_producer
from parking_messaging.adapters.kafka_connection import KafkaConnection
from parking_messaging.adapters.kafka_topics import ensure_topics
from parking_messaging.relay import RelaySettings
from parking_messaging.wiring import postgres_relay

WHAT = "events a second from an outbox of 100 000 into Kafka"
EVENTS = 100_000
SUBJECTS, KEYS, PAYLOAD_BYTES = 5_000, 500, 1_000
BATCH, BATCH_BYTES = 500, 512 * 1024
TOPIC = Topic("benchmark.outbox.v1", "key", Cleanup.DELETE, timedelta(days=1), 6, owner=None)
RELAY, BARE = "relay", "bare loop"
LOOK_SECONDS = 0.01

# $1 topic, $2 how many, $3 subjects, $4 keys, $5 payload
FILL = """
INSERT INTO outbox (id, aggregatetype, aggregateid, version, partition_key, type, payload)
SELECT gen_random_uuid(), $1, 'subject ' || n % $3::int, 1 + n / $3::int, 'key ' || n % $4::int, 'benchmark.v1', $5
FROM generate_series(0, $2::int - 1) AS n
"""
UNSENT = "SELECT count(*) FROM outbox WHERE sent_at IS NULL"
NEXT = "SELECT seq, id, partition_key, payload FROM outbox WHERE sent_at IS NULL ORDER BY seq LIMIT $1"
MARK = "UPDATE outbox SET sent_at = now() WHERE seq = ANY($1::bigint[])"


class _Producer(Protocol):
    """Of aiokafka's producer, what the bare loop needs."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def send(
        self, topic: str, value: bytes, key: bytes, *, headers: Sequence[tuple[str, bytes]]
    ) -> Awaitable[object]: ...


@dataclass
class Outbox:
    """A database with an outbox and nothing else, and where it is drained to."""

    url: str
    kafka: KafkaConnection
    sent: int = 0

    async def drained(self, count: int, drain: Callable[[int], Awaitable[float]]) -> Measured:
        """Fill it, and see how long it takes until nothing is left. Raises `WrongAnswer` where something is."""
        connection = await asyncpg.connect(self.url)
        try:
            await connection.execute("TRUNCATE outbox")
            values = (TOPIC.name, count, SUBJECTS, KEYS, b"x" * PAYLOAD_BYTES)
            await connection.execute(FILL, *values)
            await connection.execute("VACUUM ANALYZE outbox")
            began = time.perf_counter()
            seconds = await drain(count) - began
            if unsent := await connection.fetchval(UNSENT):
                raise WrongAnswer(f"{unsent} of {count} events were left in the outbox")
        finally:
            await connection.close()
        self.sent += count
        return {RATE: count / seconds}

    async def by_relay(self, count: int) -> float:
        """The relay as a worker runs it; when all was marked."""
        stop, aim = asyncio.Event(), _published() + count
        relay = postgres_relay(settings=RelaySettings("benchmark"), database_url=self.url, kafka=self.kafka)
        running = asyncio.create_task(relay.run(stop))
        while _published() < aim and not running.done():  # noqa: ASYNC110 - the relay counts, and signals nobody
            await asyncio.sleep(LOOK_SECONDS)
        ended = time.perf_counter()
        stop.set()
        await running
        return ended

    async def by_bare_loop(self, _count: int) -> float:
        """Fetch, send, wait for all answers, mark. The same producer and the same connection settings."""
        connection = await asyncpg.connect(self.url, server_settings={"synchronous_commit": "off"})
        producer = cast("_Producer", new_producer(self.kafka, batch_bytes=BATCH_BYTES))
        await producer.start()
        try:
            while rows := await connection.fetch(NEXT, BATCH):
                answers = [
                    await producer.send(
                        TOPIC.name,
                        row["payload"],
                        row["partition_key"].encode(),
                        headers=[("ce_id", str(row["id"]).encode())],
                    )
                    for row in rows
                ]
                await asyncio.gather(*answers)
                await connection.execute(MARK, [row["seq"] for row in rows])
            return time.perf_counter()
        finally:
            await producer.stop()
            await connection.close()


async def run(trial: Trial) -> Findings:
    """Both run in this process: the relay costs it what it costs a worker."""
    events = trial.sized(5_000, EVENTS, EVENTS)
    kafka = KafkaConnection(trial.platform.kafka, "benchmark")
    await ensure_topics(kafka, [TOPIC])
    outbox = Outbox(await made(trial.platform.postgres_admin), kafka)
    rotation = await trial.rotated(
        [
            Contender(RELAY, lambda count: outbox.drained(count, outbox.by_relay)),
            Contender(BARE, lambda count: outbox.drained(count, outbox.by_bare_loop)),
        ],
        events,
    )
    if (arrived := await _arrived(kafka)) != outbox.sent:
        raise WrongAnswer(f"{outbox.sent} events were sent once, and Kafka has {arrived}")
    line = Line("relay", rotation.series(RELAY, RATE), rotation.series(BARE, RATE), Goal("ratio", "≥", 0.8))
    return Findings(
        [line], rotation, {"events": events, "bytes of each": PAYLOAD_BYTES, "partitions": TOPIC.partitions}
    )


def _published() -> float:
    return REGISTRY.get_sample_value("events_published_total", {"topic": TOPIC.name}) or 0


async def _arrived(kafka: KafkaConnection) -> int:
    consumer = new_consumer(kafka)
    await consumer.start()
    try:
        partitions = [TopicPartition(TOPIC.name, number) for number in range(TOPIC.partitions)]
        return sum((await consumer.end_offsets(partitions)).values())
    finally:
        await consumer.stop()
