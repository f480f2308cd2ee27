"""The relay between a real database and a real broker."""

import asyncio
import random
from collections import defaultdict
from typing import Any, Self
from uuid import UUID, uuid4

import pytest
from libs.messaging.tests.noise import noise
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from parking_messaging import (
    KafkaConnection,
    KafkaSource,
    PostgresOutbox,
    Relay,
    RelaySettings,
    outbox_values,
    postgres_relay,
)
from parking_messaging.cloud_events import envelope_of
from parking_messaging.records import Record

OUTBOX = PostgresOutbox()


class Nobody:
    async def assigned(self, partitions: object) -> None:
        """Does not matter."""

    async def revoked(self, partitions: object) -> None:
        """Does not matter."""


class Log:
    """What a topic holds, read again as it grows."""

    def __init__(self, kafka: KafkaConnection, sample: Any) -> None:
        self._sample = sample
        self._source = KafkaSource(kafka, group=f"log.{uuid4().hex}", topics=[sample.topic.name])
        self.records: list[Record] = []

    async def __aenter__(self) -> Self:
        await self._source.start(Nobody())
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._source.stop()

    async def versions(self) -> dict[UUID, list[int]]:
        for records in (await self._source.poll(0.1)).values():
            self.records += records
        found: dict[UUID, list[int]] = defaultdict(list)
        for record in self.records:
            event = self._sample.event_class.from_json(record.value)
            found[event.sample_id].append(event.version)
        return dict(found)


def relay_for(sample: Any, database_url: str, kafka: KafkaConnection, **settings: Any) -> Relay:
    return postgres_relay(
        settings=RelaySettings(sample.topic.owner, **settings), database_url=database_url, kafka=kafka
    )


def first_appearances(versions: list[int]) -> list[int]:
    return list(dict.fromkeys(versions))


async def test_a_lower_number_that_commits_late_is_not_lost(
    engine: AsyncEngine, database_url: str, kafka: KafkaConnection, kafka_topic: Any, running: Any, eventually: Any,
    rows: Any,
) -> None:  # fmt: skip
    late, early = kafka_topic.event(), kafka_topic.event()
    async with Log(kafka, kafka_topic) as log, running(relay_for(kafka_topic, database_url, kafka).run):
        async with engine.begin() as slow:
            await OUTBOX.add(slow, [late])
            async with engine.begin() as quick:
                await OUTBOX.add(quick, [early])
            await eventually(lambda: _equals(log.versions(), {early.sample_id: [1]}))
            await eventually(lambda: _equals(rows("SELECT seq FROM outbox WHERE sent_at IS NOT NULL"), [(2,)]))
        await eventually(lambda: _equals(log.versions(), {early.sample_id: [1], late.sample_id: [1]}))


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_subjects_keep_their_order_under_concurrency(
    engine: AsyncEngine, database_url: str, kafka: KafkaConnection, kafka_topic: Any, running: Any, eventually: Any,
    seed: int,
) -> None:  # fmt: skip
    """Writers draw their version under the aggregate's row lock and commit when they like, some not at all."""
    draw = random.Random(seed)
    subjects = [uuid4() for _ in range(8)]
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE aggregates (id uuid PRIMARY KEY, version bigint DEFAULT 0)"))
        await connection.execute(
            text("INSERT INTO aggregates (id) SELECT unnest(CAST(:ids AS uuid[]))"), {"ids": subjects}
        )
    written: dict[UUID, int] = defaultdict(int)

    async def write() -> None:
        for _ in range(25):
            subject, count, gives_up = draw.choice(subjects), draw.randint(1, 3), draw.random() < 0.2
            async with engine.connect() as connection:
                version = await connection.scalar(
                    text("UPDATE aggregates SET version = version + :count WHERE id = :id RETURNING version"),
                    {"count": count, "id": subject},
                )
                assert version is not None
                events = [kafka_topic.event(subject, version - count + n) for n in range(1, count + 1)]
                await OUTBOX.add(connection, events)
                await asyncio.sleep(draw.random() / 200)
                if gives_up:
                    await connection.rollback()
                else:
                    await connection.commit()
                    written[subject] = max(written[subject], version)

    relay = relay_for(kafka_topic, database_url, kafka, batch_size=7)
    async with Log(kafka, kafka_topic) as log, running(relay.run):
        await asyncio.gather(*(write() for _ in range(8)))
        expected = {subject: list(range(1, last + 1)) for subject, last in written.items()}
        await eventually(lambda: _equals(log.versions(), expected))


async def test_a_relay_whose_connection_breaks_hands_over(
    engine: AsyncEngine, database_url: str, kafka: KafkaConnection, kafka_topic: Any, running: Any, eventually: Any,
    rows: Any,
) -> None:  # fmt: skip
    relays = [relay_for(kafka_topic, database_url, kafka, standby_poll=0.05) for _ in range(2)]
    subject = uuid4()
    async with Log(kafka, kafka_topic) as log, running(*(relay.run for relay in relays)):
        for version in range(1, 5):
            await eventually(lambda: sum(relay.status().is_active for relay in relays) == 1)
            await eventually(lambda: all(relay.status().is_connected for relay in relays))
            async with engine.begin() as connection:
                await OUTBOX.add(connection, [kafka_topic.event(subject, version)])
                await connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database d ON d.oid = database "
                        "WHERE locktype = 'advisory' AND granted AND datname = current_database()"
                    )
                )
            await eventually(lambda: _no_rows(rows("SELECT 1 FROM outbox WHERE sent_at IS NULL")))
        await eventually(lambda: _firsts(log, subject, [1, 2, 3, 4]))


async def test_a_record_that_kafka_refuses_holds_its_subject_until_it_fits(
    engine: AsyncEngine, database_url: str, kafka: KafkaConnection, kafka_topic: Any, running: Any, eventually: Any,
    rows: Any,
) -> None:  # fmt: skip
    bad, good = uuid4(), uuid4()
    async with engine.begin() as connection:
        for version in range(1, 4):
            padding = noise(1_600_000) if version == 2 else ""
            await OUTBOX.add(connection, [kafka_topic.event(bad, version, padding=padding)])
            await OUTBOX.add(connection, [kafka_topic.event(good, version)])
    relay = relay_for(kafka_topic, database_url, kafka)
    async with Log(kafka, kafka_topic) as log, running(relay.run):
        await eventually(lambda: _equals(log.versions(), {bad: [1], good: [1, 2, 3]}))
        await eventually(lambda: relay.status().held_subjects == 1)
        async with engine.begin() as connection:
            smaller = kafka_topic.event(bad, 2).to_json()
            await connection.execute(
                text("UPDATE outbox SET payload = :payload WHERE version = 2 AND sent_at IS NULL"), {"payload": smaller}
            )
        await eventually(lambda: _equals(log.versions(), {bad: [1, 2, 3], good: [1, 2, 3]}))
    assert await rows("SELECT count(*) FROM outbox WHERE sent_at IS NULL") == [(0,)]


async def test_what_was_sent_long_ago_is_deleted(
    engine: AsyncEngine, database_url: str, kafka: KafkaConnection, kafka_topic: Any, running: Any, eventually: Any,
    rows: Any,
) -> None:  # fmt: skip
    async with engine.begin() as connection:
        await OUTBOX.add(connection, [kafka_topic.event() for _ in range(50)])
        await connection.execute(text("UPDATE outbox SET sent_at = now() - interval '2 days' WHERE seq <= 40"))
    async with running(relay_for(kafka_topic, database_url, kafka, deletion_batch=15).run):
        await eventually(lambda: _equals(rows("SELECT count(*) FROM outbox"), [(10,)]))


async def test_a_handwritten_statement_can_write_the_event(
    engine: AsyncEngine, database_url: str, kafka: KafkaConnection, kafka_topic: Any, running: Any, eventually: Any
) -> None:
    event = kafka_topic.event(version=9)
    values = outbox_values(event)
    columns = ", ".join(values)
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE bookings (id uuid)"))
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        marks = ", ".join(f"${n}::jsonb" if name == "headers" else f"${n}" for n, name in enumerate(values, 1))
        await raw.execute(
            f"WITH booked AS (INSERT INTO bookings VALUES ($1) RETURNING 1) "
            f"INSERT INTO outbox ({columns}) SELECT {marks} FROM booked",
            *values.values(),
        )
    async with Log(kafka, kafka_topic) as log, running(relay_for(kafka_topic, database_url, kafka).run):
        await eventually(lambda: _equals(log.versions(), {event.sample_id: [9]}))
    assert envelope_of(log.records[0]).event_id == values["id"]


async def _equals(actual: Any, expected: object) -> bool:
    return await actual == expected


async def _no_rows(actual: Any) -> bool:
    return not await actual


async def _firsts(log: Log, subject: UUID, expected: list[int]) -> bool:
    return first_appearances((await log.versions()).get(subject, [])) == expected
