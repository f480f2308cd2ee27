"""aiokafka with types, as much of it as is used. It has none of its own, so this file alone imports it."""

from asyncio import Task
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, cast

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition  # pyright: ignore[reportMissingTypeStubs]
from aiokafka import ConsumerRebalanceListener as RebalanceListener  # pyright: ignore[reportMissingTypeStubs]
from aiokafka.admin import AIOKafkaAdminClient, NewTopic  # pyright: ignore[reportMissingTypeStubs]
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType  # pyright: ignore[reportMissingTypeStubs]
from aiokafka.errors import (  # pyright: ignore[reportMissingTypeStubs]
    BrokerResponseError,
    ConsumerStoppedError,
    DuplicateSequenceNumber,
    IllegalStateError,
    InvalidProducerEpoch,
    InvalidTopicError,
    KafkaError,
    OutOfOrderSequenceNumber,
    TopicAuthorizationFailedError,
    UnknownProducerId,
    for_code,
)
from aiokafka.partitioner import murmur2  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

from parking_messaging.adapters.kafka_connection import KafkaConnection

__all__ = [
    "Admin",
    "BrokerResponseError",
    "ConsumerStoppedError",
    "DuplicateSequenceNumber",
    "FetchedRecord",
    "GroupConsumer",
    "IllegalStateError",
    "InvalidProducerEpoch",
    "InvalidTopicError",
    "KafkaError",
    "NewTopic",
    "OutOfOrderSequenceNumber",
    "Producer",
    "RebalanceListener",
    "TopicAuthorizationFailedError",
    "TopicPartition",
    "UnknownProducerId",
    "error_name",
    "new_admin",
    "new_consumer",
    "new_producer",
    "partition_hash",
    "topic_resource",
]


class BatchBuilder(Protocol):
    """A record batch in the making."""

    def append(
        self, *, timestamp: int | None, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes]]
    ) -> object | None:
        """Add a record; None where it no longer fits."""
        ...


class Cluster(Protocol):
    """What a client knows of the cluster."""

    def partitions_for_topic(self, topic: str) -> set[int] | None:
        """The partitions of a topic, None if unknown."""
        ...


class Client(Protocol):
    """The connections of a producer."""

    cluster: Cluster

    async def close(self) -> None:
        """Close them all."""
        ...


class Sender(Protocol):
    """The producer's background task."""

    sender_task: Task[None] | None


class Producer(Protocol):
    """AIOKafkaProducer."""

    client: Client
    _sender: Sender

    async def start(self) -> None:
        """Connect and get a producer id."""
        ...

    async def stop(self) -> None:
        """Flush and disconnect."""
        ...

    async def partitions_for(self, topic: str) -> set[int]:
        """The partitions of a topic; waits for it to exist."""
        ...

    def create_batch(self) -> BatchBuilder:
        """Begin a record batch."""
        ...

    async def send_batch(self, batch: BatchBuilder, topic: str, *, partition: int) -> Awaitable[object]:
        """Hand over a batch; what comes back is awaited for the broker's answer."""
        ...


class FetchedRecord(Protocol):
    """ConsumerRecord."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class PartitionKey(NamedTuple):
    """TopicPartition."""

    topic: str
    partition: int


class OffsetOf(Protocol):
    """OffsetAndMetadata."""

    offset: int


class GroupConsumer(Protocol):
    """AIOKafkaConsumer."""

    async def start(self) -> None:
        """Connect and, with a subscription, join the group."""
        ...

    async def stop(self) -> None:
        """Leave and disconnect."""
        ...

    def subscribe(self, *, topics: Collection[str], listener: object) -> None:
        """Say what to read."""
        ...

    async def getmany(self, *, timeout_ms: int, max_records: int) -> Mapping[PartitionKey, Sequence[FetchedRecord]]:
        """Fetch."""
        ...

    def pause(self, *partitions: object) -> None:
        """Do not fetch these."""
        ...

    def resume(self, *partitions: object) -> None:
        """Fetch these again."""
        ...

    def highwater(self, partition: object) -> int | None:
        """The end of a partition as of the last fetch."""
        ...

    async def position(self, partition: object) -> int:
        """The offset of the next record to be delivered; waits until it is known."""
        ...

    async def commit(self, offsets: Mapping[Any, int]) -> None:
        """Commit offsets."""
        ...

    async def beginning_offsets(self, partitions: Sequence[object]) -> Mapping[Any, int]:
        """The first offsets there are."""
        ...

    async def end_offsets(self, partitions: Sequence[object]) -> Mapping[Any, int]:
        """The next offsets to be written."""
        ...


class CreateTopicsAnswer(Protocol):
    """CreateTopicsResponse."""

    topic_errors: Sequence[Sequence[Any]]


class DescribeConfigsAnswer(Protocol):
    """DescribeConfigsResponse: for each resource error code, message, type, name and entries (name, value, ...)."""

    resources: Sequence[Sequence[Any]]


class Admin(Protocol):
    """AIOKafkaAdminClient."""

    async def start(self) -> None:
        """Connect."""
        ...

    async def close(self) -> None:
        """Disconnect."""
        ...

    async def list_topics(self) -> list[str]:
        """All names."""
        ...

    async def create_topics(self, new_topics: list[NewTopic]) -> CreateTopicsAnswer:
        """Make topics."""
        ...

    async def describe_topics(self, topics: list[str]) -> list[dict[str, Any]]:
        """Partitions and the like."""
        ...

    async def describe_configs(self, config_resources: list[ConfigResource]) -> Sequence[DescribeConfigsAnswer]:
        """The settings of topics."""
        ...

    async def list_consumer_group_offsets(self, group_id: str) -> Mapping[Any, OffsetOf]:
        """What a group committed."""
        ...


def new_producer(connection: KafkaConnection, *, batch_bytes: int) -> Producer:
    """An idempotent producer that waits for all replicas in sync.

    Batches are compressed by zstd: of our events a tenth is left of a full one and half of a single one, for 2 to 15 µs
    an event; lz4 leaves twice as much, and takes longer where it counts.
    """
    return cast(
        "Producer",
        AIOKafkaProducer(
            **connection.arguments(),
            acks="all",
            enable_idempotence=True,
            compression_type="zstd",
            max_batch_size=batch_bytes,
            linger_ms=0,
            request_timeout_ms=10_000,
        ),
    )


def new_consumer(connection: KafkaConnection, **arguments: Any) -> GroupConsumer:
    """A consumer."""
    return cast("GroupConsumer", AIOKafkaConsumer(**connection.arguments(), **arguments))


def new_admin(connection: KafkaConnection) -> Admin:
    """An admin client."""
    return cast("Admin", AIOKafkaAdminClient(**connection.arguments()))


def topic_resource(name: str) -> ConfigResource:
    """A topic, as `describe_configs` asks for it: all of its settings."""
    return ConfigResource(ConfigResourceType.TOPIC, name)


def partition_hash(key: bytes) -> int:
    """Kafka's own hash of a key, so that every client in every language finds the same partition."""
    return cast("Callable[[bytes], int]", murmur2)(key) & 0x7FFFFFFF


def error_name(code: int) -> str:
    """What Kafka calls an error code."""
    return cast("Callable[[int], type]", for_code)(code).__name__
