"""A publisher whose partitions fail for a reason that nobody foresaw."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from parking_messaging import KafkaConnection, KafkaPublisher, ensure_topics, outbox_row
from parking_messaging.cloud_events import outgoing
from parking_messaging.records import Outgoing, Unsent


def records(topic: Any, partitions: int) -> Sequence[Outgoing]:
    """Enough subjects that each partition has one."""
    rows = [outbox_row(topic.event()) for _ in range(partitions * 20)]
    return [outgoing(Unsent(seq, row, datetime.now(UTC)), b"/services/sample") for seq, row in enumerate(rows, 1)]


async def test_all_failures_are_raised_when_all_partitions_have_ended(kafka: KafkaConnection, make_topic: Any) -> None:
    topic = make_topic(partitions=3)
    await ensure_topics(kafka, [topic.topic])
    publisher = KafkaPublisher(kafka)
    try:
        wrong: Any = 7
        with pytest.raises(BaseExceptionGroup, match="could not be sent") as failed:
            await publisher.publish([each._replace(value=wrong) for each in records(topic, 3)])
        assert len(failed.value.exceptions) == 3
        right = records(topic, 3)
        assert len((await publisher.publish(right)).acknowledged) == len(right)
    finally:
        await publisher.close()
