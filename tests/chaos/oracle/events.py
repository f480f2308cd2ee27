"""What was committed is on Kafka: once or more, and for each subject in the order of its versions."""

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from tests.system.backstage import Databases

from parking_events.topics import DEAD_LETTER_SUFFIX, RESERVATION, SENSOR_READING, TOPICS

# A dead letter keeps the id of the event that died.
OUTBOX = "SELECT coalesce(headers->>'ce_id', id::text) AS id, aggregatetype, type FROM outbox"
VERSIONS = "SELECT id::text, version FROM reservations WHERE parking_lot_id = ANY($1)"


@dataclass
class Log:
    """All that Kafka has: the ids of the events by topic, and each subject's versions in order of first appearance."""

    records: int = 0
    ids: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    versions: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(list))

    @property
    def repeats(self) -> int:
        """Records that said again what had been said."""
        return self.records - sum(len(ids) for ids in self.ids.values())


async def read(bootstrap_servers: str) -> Log:
    """Read every topic of ours from its beginning to its present end."""
    log = Log()
    partitions = await _partitions(bootstrap_servers)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        async for topic, headers, value in _records(consumer, partitions):
            log.records += 1
            event_id, subject = headers["ce_id"].decode(), headers["ce_subject"].decode()
            if event_id not in log.ids[topic]:
                log.ids[topic].add(event_id)
                if topic in TOPICS:
                    log.versions[topic, subject].append(json.loads(value)["version"])
    finally:
        await consumer.stop()
    return log


@dataclass(frozen=True)
class Committed:
    """What the databases say was committed: events by topic and id, and the versions of reservations."""

    events: Mapping[tuple[str, str], str]
    versions: Mapping[str, int]


async def committed(databases: Databases, lots: Iterable[str]) -> Committed:
    """Read it: before the log is read for what must be there, and afterwards for what may be there."""
    events = {
        (row["aggregatetype"], row["id"]): f"{row['type']} of {service}"
        for service in databases.urls
        for row in await databases.rows(service, OUTBOX)
    }
    rows = await databases.rows("reservation", VERSIONS, [UUID(lot) for lot in lots])
    return Committed(events, {row["id"]: row["version"] for row in rows})


def missing(before: Committed, log: Log) -> list[str]:
    """Events that were committed and are not on Kafka, by the outboxes and by the reservations' own versions."""
    wrong = [
        f"{name}, {event_id}, is not on Kafka"
        for (topic, event_id), name in before.events.items()
        if event_id not in log.ids[topic]
    ]
    for reservation_id, version in before.versions.items():
        published = log.versions.get((RESERVATION.name, reservation_id), [])
        if lost := set(range(1, version + 1)) - set(published):
            wrong.append(f"reservation {reservation_id} is at version {version}; Kafka lacks {sorted(lost)}")
    return wrong


def phantoms(after: Committed, log: Log) -> list[str]:
    """Events on Kafka that no outbox knows: they report what was never committed."""
    return [
        f"{event_id} on {topic} was never committed"
        for topic, ids in log.ids.items()
        for event_id in ids
        if (topic, event_id) not in after.events
    ]


def disorder(log: Log) -> list[str]:
    """Subjects whose versions did not first appear as 1, 2, 3 and so on."""
    return [
        f"{subject} of {topic} published its versions as {versions}"
        for (topic, subject), versions in log.versions.items()
        if versions != list(range(1, len(versions) + 1))
    ]


async def _partitions(bootstrap_servers: str) -> Sequence[TopicPartition]:
    """Those of all topics that a service of ours writes, dead letters among them."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        described = await admin.describe_topics()
    finally:
        await admin.close()
    return [
        TopicPartition(topic["topic"], partition["partition"])
        for topic in described
        if _is_written_by_us(topic["topic"])
        for partition in topic["partitions"]
    ]


def _is_written_by_us(topic: str) -> bool:
    return topic.endswith(DEAD_LETTER_SUFFIX) or (topic in TOPICS and topic != SENSOR_READING.name)


async def _records(
    consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]
) -> AsyncIterator[tuple[str, Mapping[str, bytes], bytes]]:
    consumer.assign(partitions)
    ends: Mapping[TopicPartition, int] = await consumer.end_offsets(partitions)
    while unread := [each for each in partitions if await consumer.position(each) < ends[each]]:
        for records in (await consumer.getmany(*unread, timeout_ms=500)).values():
            for record in records:
                yield record.topic, dict(record.headers), record.value or b""
