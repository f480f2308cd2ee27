"""One suite on the fake broker and on Kafka, from both sides: the relay's and the consumer's."""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from libs.messaging.tests.noise import noise

from parking_messaging import KafkaConnection, KafkaPublisher, KafkaSource, ensure_topics, outbox_row
from parking_messaging.cloud_events import outgoing
from parking_messaging.fakes import FakeBroker, FakePublisher, FakeSource
from parking_messaging.records import Outgoing, Partition, Record, Unsent

TOO_LARGE = 1_600_000


@dataclass
class Harness:
    publisher: Any
    source: Callable[[str], Any]


@pytest.fixture
def topic(make_topic: Any) -> Any:
    return make_topic(partitions=3)


@pytest.fixture(params=["fake", "kafka"])
def connection(request: pytest.FixtureRequest) -> KafkaConnection | None:
    return request.getfixturevalue("kafka") if request.param == "kafka" else None


@pytest_asyncio.fixture
async def harness(connection: KafkaConnection | None, topic: Any) -> AsyncIterator[Harness]:
    if connection is None:
        broker = FakeBroker({topic.topic.name: 3})
        broker.refuses = lambda record: "too large" if len(record.value) > TOO_LARGE else None
        yield Harness(FakePublisher(broker), lambda group: FakeSource(broker, group=group, topics=[topic.topic.name]))
        return
    await ensure_topics(connection, [topic.topic])
    publisher = KafkaPublisher(connection, missing_topic_timeout=0.5)
    yield Harness(publisher, lambda group: KafkaSource(connection, group=group, topics=[topic.topic.name]))
    await publisher.close()


class Reader:
    """A member that keeps what it reads."""

    def __init__(self, source: Any) -> None:
        self.source = source
        self.partitions: set[Partition] = set()
        self.records: list[Record] = []
        self.revocations = 0

    async def assigned(self, partitions: Collection[Partition]) -> None:
        self.partitions = set(partitions)

    async def revoked(self, partitions: Collection[Partition]) -> None:
        self.revocations += 1

    async def read(self) -> int:
        found: Mapping[Partition, Sequence[Record]] = await self.source.poll(0.1)
        for records in found.values():
            self.records += records
        return len(self.records)


def numbered(topic: Any, *events: Any) -> list[Outgoing]:
    return [
        outgoing(Unsent(seq, outbox_row(event), datetime.now(UTC)), b"/services/sample")
        for seq, event in enumerate(events, 1)
    ]


async def test_records_arrive_as_they_were_sent_in_order(harness: Harness, topic: Any, eventually: Any) -> None:
    subjects = [uuid4() for _ in range(20)]
    events = [topic.event(subject, version) for version in range(1, 51) for subject in subjects]
    records = numbered(topic, *events)
    publication = await harness.publisher.publish(records)
    assert sorted(publication.acknowledged) == list(range(1, 1001))
    assert publication.refused == {}
    reader = Reader(harness.source(topic.group))
    await reader.source.start(reader)
    await eventually(lambda: _reached(reader, 1000))
    await reader.source.stop()
    assert len(reader.partitions) == 3
    versions: dict[str, list[int]] = defaultdict(list)
    places: dict[str, set[int]] = defaultdict(set)
    for record in reader.records:
        event = topic.event_class.from_json(record.value)
        versions[event.subject].append(event.version)
        places[event.subject].add(record.partition)
        assert record.key == event.subject.encode()
    assert dict(versions) == {str(subject): list(range(1, 51)) for subject in subjects}
    assert all(len(partitions) == 1 for partitions in places.values())
    assert {record.headers for record in reader.records} == {tuple(record.headers) for record in records}


async def test_a_refused_record_stops_its_subject_alone(harness: Harness, topic: Any, eventually: Any) -> None:
    bad, good = uuid4(), uuid4()
    events: list[Any] = []
    for version in range(1, 11):
        events.append(topic.event(bad, version, padding=noise(TOO_LARGE) if version == 4 else ""))
        events.append(topic.event(good, version))
    records = numbered(topic, *events)
    publication = await harness.publisher.publish(records)
    refused = [record for record in records if record.seq in publication.refused]
    assert [(record.subject.id, topic.event_class.from_json(record.value).version) for record in refused] == [
        (str(bad), 4)
    ]
    acknowledged = set(publication.acknowledged)
    taken = [event.version for seq, event in enumerate(events, 1) if seq in acknowledged and event.sample_id == bad]
    assert taken == [1, 2, 3]
    assert sum(seq in acknowledged and event.sample_id == good for seq, event in enumerate(events, 1)) == 10
    again = await harness.publisher.publish(numbered(topic, topic.event(good, 11)))
    assert again.acknowledged == [1]
    reader = Reader(harness.source(topic.group))
    await reader.source.start(reader)
    await eventually(lambda: _reached(reader, 14))
    await reader.source.stop()
    seen = [topic.event_class.from_json(record.value) for record in reader.records]
    assert [event.version for event in seen if event.sample_id == bad] == [1, 2, 3]


async def test_a_missing_topic_refuses_its_records_alone(harness: Harness, topic: Any, make_topic: Any) -> None:
    lost = make_topic()
    records = numbered(topic, lost.event(), topic.event())
    publication = await harness.publisher.publish(records)
    assert list(publication.acknowledged) == [2]
    assert list(publication.refused) == [1]


async def test_a_group_goes_on_where_it_committed(harness: Harness, topic: Any, eventually: Any) -> None:
    subject = uuid4()
    await harness.publisher.publish(numbered(topic, *(topic.event(subject, version) for version in range(1, 11))))
    first = Reader(harness.source(topic.group))
    await first.source.start(first)
    await eventually(lambda: _reached(first, 10))
    place = first.records[0].origin
    assert first.source.end(place) == 10
    await first.source.commit({place: 6})
    await first.source.stop()
    second = Reader(harness.source(topic.group))
    await second.source.start(second)
    await eventually(lambda: _reached(second, 4))
    await second.source.stop()
    assert [record.offset for record in second.records] == [6, 7, 8, 9]


async def test_a_paused_partition_is_silent_until_resumed(harness: Harness, topic: Any, eventually: Any) -> None:
    reader = Reader(harness.source(topic.group))
    await reader.source.start(reader)
    await eventually(lambda: _assigned(reader))
    for partition in reader.partitions:
        reader.source.pause(partition)
    await harness.publisher.publish(numbered(topic, topic.event()))
    for _ in range(5):
        assert await reader.read() == 0
    for partition in reader.partitions:
        reader.source.resume(partition)
    await eventually(lambda: _reached(reader, 1))
    await reader.source.stop()


async def test_it_knows_where_the_group_goes_on_and_where_partitions_end(
    harness: Harness, topic: Any, eventually: Any
) -> None:
    subject = uuid4()
    await harness.publisher.publish(numbered(topic, *(topic.event(subject, version) for version in range(1, 11))))
    first = Reader(harness.source(topic.group))
    await first.source.start(first)
    await eventually(lambda: _reached(first, 10))
    place = first.records[0].origin
    assert await first.source.position(place) == 10
    await first.source.commit({place: 6})
    await first.source.stop()
    second = Reader(harness.source(topic.group))
    await second.source.start(second)
    await eventually(lambda: _reached(second, 4))
    second.source.pause(place)
    await harness.publisher.publish(numbered(topic, topic.event(subject, 11)))
    assert await second.source.ends([place]) == {place: 11}
    assert await second.source.position(place) == 10
    for other in second.partitions - {place}:
        await eventually(lambda partition=other: _is(second.source.position(partition), 0))
    assert await second.source.position(Partition(topic.topic.name, 99)) is None
    await second.source.stop()


async def _reached(reader: Reader, count: int) -> bool:
    return await reader.read() >= count


async def _assigned(reader: Reader) -> bool:
    await reader.read()
    return bool(reader.partitions)


async def _is(actual: Any, expected: object) -> bool:
    return await actual == expected
