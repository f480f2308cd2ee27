"""All that was ever told, read from Kafka's first record on, outside of any consumer group."""

from collections.abc import AsyncIterator, Mapping, Sequence

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from analytics_service.adapters.kafka.documents import document_of
from analytics_service.application.ports import Document, Projection, StoreAway
from parking_events.topics import LEDGER_ENTRY, OCCUPANCY, RESERVATION
from parking_messaging.adapters.aiokafka_client import FetchedRecord
from parking_messaging.adapters.kafka_connection import KafkaConnection
from parking_messaging.cloud_events import envelope_of, event_of
from parking_messaging.failures import PoisonEvent
from parking_messaging.records import Record

log = structlog.stdlib.get_logger(__name__)

BATCH = 2_000
WAIT_MS = 1_000
TOPIC_OF: Mapping[Projection, str] = {
    Projection.RESERVATIONS: RESERVATION.name,
    Projection.LEDGER: LEDGER_ENTRY.name,
    Projection.OCCUPANCY: OCCUPANCY.name,
}


class KafkaHistory:
    """See `analytics_service.application.ports.History`."""

    def __init__(self, kafka: KafkaConnection) -> None:
        self._kafka = kafka

    async def replay(self, projection: Projection) -> AsyncIterator[Sequence[Document]]:
        """The projection's documents, in batches, up to what was there when the replay began.

        A record that is no event of ours is left out and logged: the consumer has it among its dead letters.
        """
        consumer = AIOKafkaConsumer(**self._kafka.arguments(), enable_auto_commit=False)
        try:
            await consumer.start()
            ends = await self._ends(consumer, TOPIC_OF[projection])
            while any([await consumer.position(partition) < end for partition, end in ends.items()]):
                fetched = await consumer.getmany(timeout_ms=WAIT_MS, max_records=BATCH)
                documents = [
                    document
                    for records in fetched.values()
                    for record in records
                    if (document := _document(record)) is not None
                ]
                if documents:
                    yield documents
        except KafkaError as error:
            raise StoreAway(f"kafka does not answer: {error!r}") from error
        finally:
            await consumer.stop()

    async def _ends(self, consumer: AIOKafkaConsumer, topic: str) -> Mapping[TopicPartition, int]:
        numbers = consumer.partitions_for_topic(topic) or set()
        partitions = [TopicPartition(topic, number) for number in numbers]
        if not partitions:
            return {}
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        return await consumer.end_offsets(partitions)


def _document(fetched: FetchedRecord) -> Document | None:
    record = Record(
        fetched.topic, fetched.partition, fetched.offset, fetched.key, fetched.value, tuple(fetched.headers)
    )
    try:
        envelope = envelope_of(record)
        return document_of(event_of(envelope, record.value))
    except (PoisonEvent, KeyError) as error:
        log.warning("record_left_out", topic=record.topic, offset=record.offset, why=str(error))
        return None
