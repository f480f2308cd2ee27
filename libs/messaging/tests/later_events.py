"""What a newer producer publishes, for the tests of consumers: a value that they do not know makes no dead letter."""

import json
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from libs.events.tests.later_values import LATER, with_a_later_value

from parking_events import EVENT_CLASSES, WireEvent
from parking_events.schemas import example_of
from parking_messaging.adapters.kafka_connection import KafkaConnection
from parking_messaging.adapters.kafka_lag import group_lag
from parking_messaging.adapters.kafka_publisher import KafkaPublisher
from parking_messaging.cloud_events import outgoing
from parking_messaging.outbox_rows import outbox_row
from parking_messaging.records import Outgoing, Unsent
from parking_platform.testing.waiting import wait_until


def later_records(state: type[WireEvent], **fields: Any) -> Iterator[Outgoing]:
    """Each event of a state, once for each enumeration in it, with a value that came later, about a thing of its own.

    `fields` take the place of the example's, as JSON.
    """
    numbers = iter(range(1_000_000))
    for event_class in EVENT_CLASSES.values():
        if issubclass(event_class, state):
            for _path, document in with_a_later_value(event_class):
                own = {event_class.subject_field: str(uuid4())} | fields
                names = {event_class.subject_field, event_class.partition_key_field}
                ids = {name: value for name, value in own.items() if name in names}
                known = event_class.from_json(json.dumps((example_of(event_class) or {}) | ids).encode())
                record = outgoing(Unsent(next(numbers), outbox_row(known), datetime.now(UTC)), b"/services/newer")
                value = json.dumps(document | own).encode()
                assert LATER.encode() in value
                yield record._replace(value=value)


async def publish(bootstrap_servers: str, records: Collection[Outgoing]) -> None:
    """Publish records, each of which Kafka has to take."""
    publisher = KafkaPublisher(KafkaConnection(bootstrap_servers, client_id="newer"))
    try:
        publication = await publisher.publish(list(records))
    finally:
        await publisher.close()
    assert len(publication.acknowledged) == len(records)


async def publish_and_wait(bootstrap_servers: str, records: Collection[Outgoing], group: str) -> None:
    """Publish records, and wait until the group has settled all of their topics."""
    await publish(bootstrap_servers, records)
    connection, topics = KafkaConnection(bootstrap_servers, client_id="newer"), {record.topic for record in records}

    async def settled() -> bool:
        return not any((await group_lag(connection, group, topics)).values())

    await wait_until(settled, f"{group} to settle {', '.join(topics)}", seconds=60)
