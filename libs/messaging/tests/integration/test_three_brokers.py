"""Three brokers: what was acknowledged is on two of them, one may be away, and batches lie compressed on each."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, override
from uuid import uuid4

import pytest_asyncio
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from parking_messaging import KafkaConnection, KafkaPublisher, ensure_topics, outbox_row
from parking_messaging.adapters.topic_settings import topic_drift
from parking_messaging.cloud_events import outgoing
from parking_messaging.failures import SourceUnavailable
from parking_messaging.records import Outgoing, Unsent
from parking_platform.ports import free_port
from parking_platform.processes import ChildProcess, run_as
from parking_platform.servers.kafka import Kafka
from parking_platform.servers.server import start_child
from parking_platform.testing.waiting import wait_until

ZSTD = 4
HEADER = 61
"""Bytes of a record batch before its records (KIP-98); at 21 are its attributes, whose lowest bits name the codec."""


@dataclass(frozen=True, kw_only=True)
class Follower(Kafka):
    """One more broker of a cluster whose controller is another one."""

    node_id: int
    first: Kafka

    @override
    def prepare(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self._configuration.write_text("".join(f"{name}={value}\n" for name, value in self._settings().items()))
        if (self.directory / "data" / "meta.properties").exists():
            return
        properties = (self.first.directory / "data" / "meta.properties").read_text()
        cluster_id = next(line.split("=", 1)[1] for line in properties.splitlines() if line.startswith("cluster.id"))
        tool = ("kafka.tools.StorageTool", "format", "--cluster-id", cluster_id, "--config", str(self._configuration))
        run_as(None, (*self._java("128m", quick=True), *tool), directory=self.directory)

    @override
    def _settings(self) -> Mapping[str, str]:
        controller = self.first._settings()["controller.quorum.bootstrap.servers"]
        return {
            **super()._settings(),
            "process.roles": "broker",
            "node.id": str(self.node_id),
            "listeners": f"PLAINTEXT://{self.bootstrap_servers}",
            "controller.quorum.bootstrap.servers": controller,
        }


@dataclass
class Cluster:
    """The brokers, each of which can be stopped and started again."""

    brokers: list[Kafka]
    logs: Path
    running: dict[int, ChildProcess] = field(default_factory=dict[int, ChildProcess])

    @property
    def connection(self) -> KafkaConnection:
        return KafkaConnection(self.brokers[0].bootstrap_servers, client_id="cluster")

    async def start(self, number: int) -> None:
        self.running[number] = await start_child(self.brokers[number], self.logs)

    async def stop(self, number: int) -> None:
        await self.running.pop(number).stop()

    async def admin(self, stack: AsyncExitStack) -> AIOKafkaAdminClient:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.connection.bootstrap_servers)
        await admin.start()
        stack.push_async_callback(admin.close)
        return admin


@pytest_asyncio.fixture
async def cluster(server_scratch: Path) -> AsyncIterator[Cluster]:
    def at(number: int) -> dict[str, Any]:
        directory = server_scratch / f"kafka-{uuid4().hex[:8]}-{number}"
        return {"directory": directory, "port": free_port(), "controller_port": free_port(), "durable": False}

    first = Kafka(**at(1))
    brokers = [
        first,
        *(Follower(**at(number), node_id=number, first=first, name=f"kafka-{number}") for number in (2, 3)),
    ]
    cluster = Cluster(brokers, server_scratch)
    try:
        for number in range(3):
            await cluster.start(number)
        yield cluster
    finally:
        for number in sorted(cluster.running, reverse=True):
            await cluster.stop(number)


def events(topic: Any, first: int, last: int) -> list[Outgoing]:
    subject = uuid4()
    return [
        outgoing(Unsent(seq, outbox_row(topic.event(subject, seq)), datetime.now(UTC)), b"/services/sample")
        for seq in range(first, last + 1)
    ]


async def test_an_acknowledged_record_is_on_two_of_three_brokers(cluster: Cluster, make_topic: Any) -> None:
    sample, careless = make_topic(), make_topic()
    kafka = cluster.connection
    await ensure_topics(kafka, [sample.topic], replication_factor=3)
    async with AsyncExitStack() as stack:
        admin = await cluster.admin(stack)
        of_one = {"min.insync.replicas": "1", **sample.topic.configuration}
        await admin.create_topics([NewTopic(careless.topic.name, 1, 3, topic_configs=of_one)])

    async def one_is_careless() -> bool:
        """As soon as the brokers that are asked know both topics: not all learn of them at the same moment."""
        try:
            drift = await topic_drift(kafka, [sample.topic, careless.topic], replication_factor=3)
        except SourceUnavailable:
            return False
        found = [(each.topic, each.setting, each.wanted, each.found) for each in drift]
        return found == [(careless.topic.name, "min.insync.replicas", "2", "1")]

    await wait_until(one_is_careless, "the drift of one topic in one setting", seconds=30)

    publisher = KafkaPublisher(kafka)
    assert len((await publisher.publish(events(sample, 1, 50))).acknowledged) == 50
    await cluster.stop(2)
    assert len((await publisher.publish(events(sample, 51, 60))).acknowledged) == 10, "one may be away"
    await cluster.stop(1)
    assert (await publisher.publish(events(careless, 1, 1))).acknowledged == [1], "the control: one broker is enough"
    alone = asyncio.create_task(publisher.publish(events(sample, 61, 70)))
    _, waiting = await asyncio.wait([alone], timeout=5)
    assert waiting, "one broker alone acknowledges nothing"
    await cluster.start(1)
    assert len((await alone).acknowledged) == 10
    await publisher.close()
    for broker in cluster.brokers[:2]:
        assert set(codecs(broker, sample.topic.name)) == {ZSTD}


def codecs(broker: Kafka, topic: str) -> Iterator[int]:
    """The codec of each batch that a broker has of a topic."""
    (segment,) = (broker.directory / "data" / f"{topic}-0").glob("*.log")
    log = segment.read_bytes()
    while len(log) > HEADER:
        yield log[22] & 0b111
        log = log[12 + int.from_bytes(log[8:12]) :]
