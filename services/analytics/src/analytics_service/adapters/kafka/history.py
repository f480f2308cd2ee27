"""All that was ever published, read from Kafka's first record on, outside of any consumer group."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Protocol, cast

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from analytics_service.adapters.kafka.documents import document_of
from analytics_service.application.ports import Document, HistoryAway, Projection
from parking_events.topics import LEDGER_ENTRY, OCCUPANCY, RESERVATION
from parking_messaging.adapters.aiokafka_client import FetchedRecord
from parking_messaging.adapters.kafka_connection import KafkaConnection
from parking_messaging.cloud_events import envelope_of, event_of
from parking_messaging.failures import PoisonEvent
from parking_messaging.records import Record

log = structlog.stdlib.get_logger(__name__)

BATCH = 2_000
WAIT_MS = 1_000
PATIENCE = 60.0
TOPIC_OF: Mapping[Projection, str] = {
    Projection.RESERVATIONS: RESERVATION.name,
    Projection.LEDGER: LEDGER_ENTRY.name,
    Projection.OCCUPANCY: OCCUPANCY.name,
}


class _Reader(Protocol):
    """As much of aiokafka's consumer as a replay takes; it has no types."""

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    def assignment(self) -> frozenset[TopicPartition]: ...
    async def seek_to_beginning(self, *partitions: TopicPartition) -> object: ...
    async def end_offsets(self, partitions: Sequence[TopicPartition]) -> Mapping[TopicPartition, int]: ...
    async def position(self, partition: TopicPartition) -> int: ...
    async def getmany(
        self, *, timeout_ms: int, max_records: int
    ) -> Mapping[TopicPartition, Sequence[FetchedRecord]]: ...


class KafkaHistory:
    """See `analytics_service.application.ports.History`."""

    def __init__(self, kafka: KafkaConnection, *, patience: float = PATIENCE) -> None:
        """`patience`, in seconds: for how long Kafka may say nothing before it counts as away."""
        self._kafka = kafka
        self._patience = patience

    async def replay(self, projection: Projection) -> AsyncGenerator[Sequence[Document]]:
        """The projection's documents, in batches, up to what was there when the replay began. Raises `HistoryAway`.

        A record that is no event of ours is left out and logged: the consumer has it among its dead letters.
        """
        # Without a group, a consumer of a topic is given all of its partitions.
        reader = cast("_Reader", AIOKafkaConsumer(TOPIC_OF[projection], **self._arguments()))
        try:
            await reader.start()
            if not reader.assignment():
                raise HistoryAway(f"kafka has no topic {TOPIC_OF[projection]}")
            async for records in self._until_the_end(reader):
                if documents := [document for record in records if (document := _document(record))]:
                    yield documents
        except (KafkaError, TimeoutError) as error:
            raise HistoryAway(f"kafka does not answer: {error!r}") from error
        finally:
            await reader.stop()

    async def _until_the_end(self, reader: _Reader) -> AsyncGenerator[Sequence[FetchedRecord]]:
        partitions = sorted(reader.assignment())
        async with asyncio.timeout(self._patience):
            await reader.seek_to_beginning(*partitions)
            ends = await reader.end_offsets(partitions)
        silent_since = asyncio.get_running_loop().time()
        while any([await reader.position(partition) < end for partition, end in ends.items()]):
            fetched = await reader.getmany(timeout_ms=WAIT_MS, max_records=BATCH)
            now = asyncio.get_running_loop().time()
            if fetched:
                silent_since = now
                yield [record for records in fetched.values() for record in records]
            elif now - silent_since > self._patience:
                raise HistoryAway(f"kafka has said nothing for {self._patience:.0f} seconds")

    def _arguments(self) -> dict[str, Any]:
        return self._kafka.arguments() | {"enable_auto_commit": False, "auto_offset_reset": "earliest"}


def _document(fetched: FetchedRecord) -> Document | None:
    headers = tuple(fetched.headers)
    record = Record(fetched.topic, fetched.partition, fetched.offset, fetched.key, fetched.value, headers)
    try:
        envelope = envelope_of(record)
        return document_of(event_of(envelope, record.value))
    except (PoisonEvent, KeyError) as error:
        log.warning(
            "record_left_out", topic=record.topic, partition=record.partition, offset=record.offset, why=str(error)
        )
        return None
