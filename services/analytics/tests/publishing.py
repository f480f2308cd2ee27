"""Events on Kafka, with the headers that a relay gives them."""

import asyncio
from datetime import UTC, datetime

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from parking_events import WireEvent
from parking_events.topics import LEDGER_ENTRY, OCCUPANCY, RESERVATION
from parking_messaging.cloud_events import outgoing
from parking_messaging.outbox_rows import outbox_row
from parking_messaging.records import Outgoing, Unsent

PROJECTED = (RESERVATION, LEDGER_ENTRY, OCCUPANCY)


def record_of(event: WireEvent) -> Outgoing:
    """The record of an event."""
    return outgoing(Unsent(1, outbox_row(event), datetime.now(UTC)), b"/services/tests")


async def send(producer: AIOKafkaProducer, *events: object) -> None:
    """Send events, in this order, and wait until the broker has them."""
    sent = []
    for event in events:
        assert isinstance(event, WireEvent)
        record = record_of(event)
        sent.append(await producer.send(record.topic, record.value, key=record.key, headers=[*record.headers]))
    await asyncio.gather(*sent)


async def purge(bootstrap_servers: str) -> None:
    """Have Kafka delete all that was published of what is projected."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await consumer.start()
    await admin.start()
    try:
        partitions = [TopicPartition(topic.name, number) for topic in PROJECTED for number in range(topic.partitions)]
        ends = await consumer.end_offsets(partitions)
        await admin.delete_records({partition: RecordsToDelete(end) for partition, end in ends.items() if end})
    finally:
        await admin.close()
        await consumer.stop()
