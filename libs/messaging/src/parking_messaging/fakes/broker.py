"""Kafka in memory: topics, partitions, committed offsets."""

import asyncio
from collections.abc import Callable, Mapping

from parking_messaging.records import Outgoing, Partition, Record


class FakeBroker:
    """`is_down` makes it unreachable; `refuses` says of a record why it is not taken, or None."""

    def __init__(self, topics: Mapping[str, int]) -> None:
        self.is_down = False
        self.refuses: Callable[[Outgoing], str | None] = lambda record: None  # noqa: ARG005 - the type's
        self.logs: dict[Partition, list[Record]] = {
            Partition(topic, number): [] for topic, count in topics.items() for number in range(count)
        }
        self.committed: dict[tuple[str, Partition], int] = {}
        self.written = asyncio.Event()
        self._counts = dict(topics)

    def append(self, outgoing: Outgoing) -> bool:
        """Write a record; False where the topic does not exist."""
        count = self._counts.get(outgoing.topic)
        if count is None:
            return False
        number = sum(outgoing.key) % count
        log = self.logs[Partition(outgoing.topic, number)]
        log.append(
            Record(outgoing.topic, number, len(log), outgoing.key, outgoing.value, tuple(outgoing.headers)),
        )
        self.written.set()
        return True

    def put(self, record: Record) -> None:
        """Write a record as it is, at the end of its partition."""
        log = self.logs[record.origin]
        log.append(Record(record.topic, record.partition, len(log), record.key, record.value, record.headers))
        self.written.set()

    def records(self, topic: str) -> list[Record]:
        """All records of a topic, partition by partition."""
        return [record for partition, log in self.logs.items() if partition.topic == topic for record in log]
