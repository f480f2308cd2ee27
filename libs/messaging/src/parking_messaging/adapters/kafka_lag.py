"""How far a whole group is behind, asked of the brokers themselves.

Unlike a member's own status this cannot be stale. A decision that would be wrong before some event arrived (a hold that
expires) asks here first. Everything raises SourceUnavailable where Kafka does not answer.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Final

from parking_messaging.adapters.aiokafka_client import KafkaError, TopicPartition, new_admin, new_consumer
from parking_messaging.adapters.kafka_connection import KafkaConnection
from parking_messaging.failures import SourceUnavailable
from parking_messaging.records import Partition

_PAUSE: Final = 0.1


class _Brokers:
    """What they know of some topics and one group."""

    def __init__(self, connection: KafkaConnection, group: str) -> None:
        self._admin = new_admin(connection)
        self._consumer = new_consumer(connection)
        self._group = group

    async def start(self) -> None:
        await self._admin.start()
        await self._consumer.start()

    async def stop(self) -> None:
        await self._consumer.stop()
        await self._admin.close()

    async def bounds(self, topics: Collection[str]) -> Mapping[TopicPartition, tuple[int, int]]:
        """Of each partition the first offset that is still there, and the next one to be written."""
        bounds: dict[TopicPartition, tuple[int, int]] = {}
        for topic in topics:
            described = await self._admin.describe_topics([topic])
            partitions = [TopicPartition(topic, each["partition"]) for each in described[0]["partitions"]]
            begins = await self._consumer.beginning_offsets(partitions)
            ends = await self._consumer.end_offsets(partitions)
            bounds |= {partition: (begins[partition], ends[partition]) for partition in partitions}
        return bounds

    async def lags(self, bounds: Mapping[TopicPartition, tuple[int, int]]) -> dict[Partition, int]:
        """How much of what lies within the bounds the group has not settled."""
        committed = await self._admin.list_consumer_group_offsets(self._group)
        lags: dict[Partition, int] = {}
        for partition, (begin, end) in bounds.items():
            settled = committed[partition].offset if partition in committed else begin
            lags[Partition(*partition)] = end - settled
        return lags


@asynccontextmanager
async def _asking(connection: KafkaConnection, group: str) -> AsyncGenerator[_Brokers]:
    brokers = _Brokers(connection, group)
    try:
        await brokers.start()
        yield brokers
    except KafkaError as error:
        raise SourceUnavailable(f"the lag of {group} is unknown: {error!r}") from error
    finally:
        await brokers.stop()


async def group_lag(connection: KafkaConnection, group: str, topics: Collection[str]) -> dict[Partition, int]:
    """Records of each partition that the group has not settled, over all its members."""
    async with _asking(connection, group) as brokers:
        return await brokers.lags(await brokers.bounds(topics))


async def has_caught_up(connection: KafkaConnection, group: str, topics: Collection[str], *, patience: float) -> bool:
    """Whether the group settles all that the topics hold at this moment, within so many seconds.

    Where records come all the time the lag is never nothing, yet what was there is settled soon. False too for topics
    that do not exist.
    """
    deadline = time.monotonic() + patience
    async with _asking(connection, group) as brokers:
        bounds = await brokers.bounds(topics)
        while bounds:
            if all(lag <= 0 for lag in (await brokers.lags(bounds)).values()):
                return True
            if time.monotonic() > deadline:
                break
            await asyncio.sleep(_PAUSE)
    return False
