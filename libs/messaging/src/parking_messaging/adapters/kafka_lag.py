"""How far a whole group is behind, asked of the brokers themselves."""

from collections.abc import Collection

from parking_messaging.adapters.aiokafka_client import KafkaError, TopicPartition, new_admin, new_consumer
from parking_messaging.adapters.kafka_connection import KafkaConnection
from parking_messaging.failures import SourceUnavailable
from parking_messaging.records import Partition


async def group_lag(connection: KafkaConnection, group: str, topics: Collection[str]) -> dict[Partition, int]:
    """Records of each partition that the group has not settled, over all its members.

    Unlike a member's own status this cannot be stale: it raises SourceUnavailable where Kafka does not answer. A
    decision that would be wrong before some event arrived (a hold that expires) asks this first.
    """
    admin = new_admin(connection)
    consumer = new_consumer(connection)
    try:
        await admin.start()
        await consumer.start()
        committed = await admin.list_consumer_group_offsets(group)
        lags: dict[Partition, int] = {}
        for topic in topics:
            described = await admin.describe_topics([topic])
            partitions = [TopicPartition(topic, each["partition"]) for each in described[0]["partitions"]]
            begins, ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
            for partition in partitions:
                settled = committed[partition].offset if partition in committed else begins[partition]
                lags[Partition(*partition)] = ends[partition] - settled
    except KafkaError as error:
        raise SourceUnavailable(f"the lag of {group} is unknown: {error!r}") from error
    finally:
        await consumer.stop()
        await admin.close()
    return lags
