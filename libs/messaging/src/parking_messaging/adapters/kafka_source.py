"""A member of a Kafka consumer group."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from parking_messaging.adapters.aiokafka_client import (
    ConsumerStoppedError,
    FetchedRecord,
    IllegalStateError,
    KafkaError,
    RebalanceListener,
    TopicPartition,
    new_consumer,
)
from parking_messaging.adapters.kafka_connection import KafkaConnection
from parking_messaging.failures import SourceUnavailable
from parking_messaging.ports import PartitionListener
from parking_messaging.records import Partition, Record


class KafkaSource:
    """See `RecordSource`. Reads from the start where the group has no offset yet; commits only what it is asked to.

    Partitions are given out by range, so that topics with the same key and the same number of partitions meet in one
    process. Times in seconds.
    """

    def __init__(
        self,
        connection: KafkaConnection,
        *,
        group: str,
        topics: Collection[str],
        max_records: int = 500,
        session_timeout: float = 10.0,
        max_poll_interval: float = 60.0,
        leave_timeout: float = 2.0,
    ) -> None:
        self._leave_timeout = leave_timeout
        self._topics = topics
        self._max_records = max_records
        self._consumer = new_consumer(
            connection,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=int(session_timeout * 1000),
            heartbeat_interval_ms=int(session_timeout * 1000 / 4),
            max_poll_interval_ms=int(max_poll_interval * 1000),
        )

    async def start(self, listener: PartitionListener) -> None:
        """Connect and join."""
        self._consumer.subscribe(topics=sorted(self._topics), listener=_Listener(listener))
        try:
            await self._consumer.start()
        except KafkaError as error:
            raise SourceUnavailable(f"kafka cannot be reached: {error!r}") from error

    async def poll(self, timeout: float) -> Mapping[Partition, Sequence[Record]]:  # noqa: ASYNC109 - see the port
        """Fetch."""
        try:
            fetched = await self._consumer.getmany(timeout_ms=int(timeout * 1000), max_records=self._max_records)
        except (KafkaError, ConsumerStoppedError) as error:
            raise SourceUnavailable(f"kafka cannot be read: {error!r}") from error
        return {
            Partition(key.topic, key.partition): [_record(each) for each in records] for key, records in fetched.items()
        }

    def pause(self, partition: Partition) -> None:
        """Stop fetching; a partition that is gone in the meantime needs no pause."""
        self._if_assigned(self._consumer.pause, partition)

    def resume(self, partition: Partition) -> None:
        """Fetch again."""
        self._if_assigned(self._consumer.resume, partition)

    def end(self, partition: Partition) -> int | None:
        """The high watermark that came with the last fetch."""
        try:
            return self._consumer.highwater(TopicPartition(*partition))
        except IllegalStateError:
            return None

    async def position(self, partition: Partition) -> int | None:
        """What the client fetches next. Without one it would wait until the group's offset has come."""
        try:
            async with asyncio.timeout(0):
                return await self._consumer.position(TopicPartition(*partition))
        except (TimeoutError, IllegalStateError, KafkaError):
            return None

    async def ends(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        """Ask the brokers."""
        try:
            found = await self._consumer.end_offsets([TopicPartition(*partition) for partition in partitions])
        except KafkaError as error:
            raise SourceUnavailable(f"kafka cannot be asked: {error!r}") from error
        return {Partition(key.topic, key.partition): end for key, end in found.items()}

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Commit."""
        try:
            await self._consumer.commit({TopicPartition(*partition): offset for partition, offset in offsets.items()})
        except (KafkaError, ValueError) as error:
            raise SourceUnavailable(f"the offsets were not taken: {error!r}") from error

    async def stop(self) -> None:
        """Leave the group, so that the others need not wait for the session to run out.

        While Kafka is away that is impossible: after `leave_timeout` this gives up.
        """
        leaving = asyncio.ensure_future(self._consumer.stop())
        await asyncio.wait({leaving}, timeout=self._leave_timeout)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)

    def _if_assigned(self, call: Any, partition: Partition) -> None:
        try:
            call(TopicPartition(*partition))
        except IllegalStateError:
            return


class _Listener(RebalanceListener):
    """Translates aiokafka's listener into ours."""

    def __init__(self, listener: PartitionListener) -> None:
        self._listener = listener

    async def on_partitions_revoked(  # pyright: ignore[reportIncompatibleMethodOverride] - may be a coroutine
        self, revoked: Collection[Any]
    ) -> None:
        await self._listener.revoked([Partition(each.topic, each.partition) for each in revoked])

    async def on_partitions_assigned(  # pyright: ignore[reportIncompatibleMethodOverride] - may be a coroutine
        self, assigned: Collection[Any]
    ) -> None:
        await self._listener.assigned([Partition(each.topic, each.partition) for each in assigned])


def _record(fetched: FetchedRecord) -> Record:
    return Record(
        topic=fetched.topic,
        partition=fetched.partition,
        offset=fetched.offset,
        key=fetched.key,
        value=fetched.value,
        headers=tuple(fetched.headers),
    )
