"""Record batches into Kafka, at most one on the way for each partition.

The order of a subject rests on this file. The records of a partition go out as record batches, each of which the broker
takes whole or not at all, and the next one is sent only when the one before was acknowledged. So a record reaches the
log only after, or together with, every earlier one of its partition, whatever fails in between.

aiokafka retries endlessly what can be retried, under the same producer id and sequence number, so that a retry makes no
repeat. A batch that the broker refuses leaves a hole in those numbers: the producer is finished and a new one begins.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import structlog

from parking_kernel.batches import finish_all
from parking_messaging.adapters.aiokafka_client import (
    BrokerResponseError,
    DuplicateSequenceNumber,
    InvalidProducerEpoch,
    InvalidTopicError,
    KafkaError,
    OutOfOrderSequenceNumber,
    Producer,
    TopicAuthorizationFailedError,
    UnknownProducerId,
    new_producer,
    partition_hash,
)
from parking_messaging.adapters.kafka_connection import KafkaConnection
from parking_messaging.failures import PublisherUnavailable
from parking_messaging.records import Outgoing, Partition, Publication

_log: Final = structlog.get_logger(__name__)

_OF_THE_TOPIC: Final = (InvalidTopicError, TopicAuthorizationFailedError)
"""Refusals that hold for every record of a topic: no use in looking for the one at fault."""

_OF_THE_PRODUCER: Final = (
    DuplicateSequenceNumber, InvalidProducerEpoch, OutOfOrderSequenceNumber, UnknownProducerId,
)  # fmt: skip
"""Errors that say nothing about the records: a new producer may well succeed."""


@dataclass(slots=True)
class _Tally:
    acknowledged: list[int] = field(default_factory=list[int])
    refused: dict[int, str] = field(default_factory=dict[int, str])


@dataclass(frozen=True, slots=True)
class _Stopped:
    """Where sending a partition ended early."""

    partition: Partition
    rest: Sequence[Outgoing]
    error: KafkaError

    @property
    def is_refusal(self) -> bool:
        """Whether the broker objects to what is in the batch."""
        return (
            isinstance(self.error, BrokerResponseError)
            and not self.error.retriable
            and not isinstance(self.error, _OF_THE_PRODUCER)
        )


class KafkaPublisher:
    """See `Publisher`. `batch_bytes` must stay below the topics' `max.message.bytes` (1 MiB unless set)."""

    def __init__(
        self,
        connection: KafkaConnection,
        *,
        batch_bytes: int = 512 * 1024,
        missing_topic_timeout: float = 2.0,
        missing_topic_memory: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connection = connection
        self._batch_bytes = batch_bytes
        self._missing_topic_timeout = missing_topic_timeout
        self._missing_topic_memory = missing_topic_memory
        self._clock = clock
        self._producer: Producer | None = None
        self._missing_until: dict[str, float] = {}

    async def publish(self, records: Sequence[Outgoing]) -> Publication:
        """Send all partitions side by side, each in order; then look into what was refused.

        What nobody expects is raised when all have ended, several such failures as a group.
        """
        tally = _Tally()
        producer = await self._started()
        lanes = await self._by_partition(producer, records, tally)
        stopped: list[_Stopped] = []

        async def send(partition: Partition, waiting: Sequence[Outgoing]) -> None:
            if (answer := await self._send(producer, partition, waiting, tally)) is not None:
                stopped.append(answer)

        # None may go on after this has raised: a next publication would overtake it.
        await finish_all((send(*lane) for lane in lanes.items()), "records could not be sent")
        if stopped:
            await self._discard_producer()
        for each in stopped:
            await self._isolate(each, tally)
        return Publication(tally.acknowledged, tally.refused)

    async def close(self) -> None:
        """Drop the producer without waiting for what it has not sent."""
        await self._discard_producer()

    async def _started(self) -> Producer:
        if self._producer is None:
            producer = new_producer(self._connection, batch_bytes=self._batch_bytes)
            try:
                await producer.start()
            except KafkaError as error:
                await _abandon(producer)
                raise PublisherUnavailable(f"kafka cannot be reached: {error!r}") from error
            except asyncio.CancelledError:
                await _abandon(producer)
                raise
            self._producer = producer
        return self._producer

    async def _discard_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await _abandon(producer)

    async def _by_partition(
        self, producer: Producer, records: Sequence[Outgoing], tally: _Tally
    ) -> dict[Partition, list[Outgoing]]:
        lanes: dict[Partition, list[Outgoing]] = defaultdict(list)
        counts = {topic: await self._partition_count(producer, topic) for topic in {each.topic for each in records}}
        for record in records:
            count = counts[record.topic]
            if count:
                lanes[Partition(record.topic, _hash(record.key) % count)].append(record)
            else:
                tally.refused[record.seq] = "the topic does not exist"
        return lanes

    async def _partition_count(self, producer: Producer, topic: str) -> int:
        """How many partitions the topic has; 0 if there is no such topic, which is remembered for a while."""
        known = producer.client.cluster.partitions_for_topic(topic)
        if known:
            return len(known)
        if self._missing_until.get(topic, 0.0) > self._clock():
            return 0
        try:
            async with asyncio.timeout(self._missing_topic_timeout):
                return len(await producer.partitions_for(topic))
        except (TimeoutError, KafkaError):
            self._missing_until[topic] = self._clock() + self._missing_topic_memory
            return 0

    async def _send(
        self, producer: Producer, partition: Partition, records: Sequence[Outgoing], tally: _Tally
    ) -> _Stopped | None:
        """Send one partition's records, a record batch at a time."""
        while records:
            batch = producer.create_batch()
            size = 0
            for record in records:
                if batch.append(timestamp=None, key=record.key, value=record.value, headers=record.headers) is None:
                    break
                size += 1
            try:
                await (await producer.send_batch(batch, partition.topic, partition=partition.number))
            except KafkaError as error:
                return _Stopped(partition, records, error)
            tally.acknowledged += [record.seq for record in records[:size]]
            records = records[size:]
        return None

    async def _isolate(self, stopped: _Stopped, tally: _Tally) -> None:
        """Find the records at fault by halving. What follows a refused record of the same subject is left unsent."""
        _log.warning(
            "kafka stopped a batch",
            topic=stopped.partition.topic,
            records=len(stopped.rest),
            refused=stopped.is_refusal,
            error=repr(stopped.error),
        )
        if not stopped.is_refusal:
            return
        if len(stopped.rest) == 1 or isinstance(stopped.error, _OF_THE_TOPIC):
            tally.refused |= {record.seq: repr(stopped.error) for record in stopped.rest}
            return
        middle = len(stopped.rest) // 2
        for half in (stopped.rest[:middle], stopped.rest[middle:]):
            held = {record.subject for record in stopped.rest if record.seq in tally.refused}
            rest = [record for record in half if record.subject not in held]
            again = await self._send(await self._started(), stopped.partition, rest, tally)
            if again is not None:
                await self._discard_producer()
                await self._isolate(again, tally)


async def _abandon(producer: Producer) -> None:
    """Stop a producer that may hold records which must not be sent any more.

    Its own `stop` would wait for them to be delivered, for as long as Kafka is away.
    """
    await producer.client.close()
    sender = producer._sender.sender_task  # noqa: SLF001 - no public way to stop without flushing  # pyright: ignore[reportPrivateUsage]
    if sender is not None:
        sender.cancel()
        await asyncio.wait([sender], timeout=1)
    stopping = asyncio.ensure_future(producer.stop())
    await asyncio.wait([stopping], timeout=1)


@lru_cache(maxsize=65_536)
def _hash(key: bytes) -> int:
    """Remembered: aiokafka computes it in Python, and keys come again."""
    return partition_hash(key)
