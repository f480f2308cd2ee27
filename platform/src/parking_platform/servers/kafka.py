"""Kafka: one broker that is its own controller (KRaft)."""

import base64
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from parking_platform.ports import LOOPBACK
from parking_platform.processes import YIELDING, ProcessSpec, run_as
from parking_platform.programs import java, java_bundle
from parking_platform.readiness import NotReady, require_open

READINESS_TOPIC = "platform.readiness"
READINESS_GROUP = "platform.readiness"
REQUEST_MILLISECONDS = 5_000


@dataclass(frozen=True, kw_only=True)
class SecuredListener:
    """Another port for clients: over TLS, and by name and password (SASL_SSL, SCRAM-SHA-512)."""

    port: int
    certificate_chain: str
    """In PEM, as the key, which is PKCS #8."""
    key: str
    users: Mapping[str, str]
    """Their passwords."""

    @property
    def format_arguments(self) -> Sequence[str]:
        """The users: they are written when the data directory is formatted."""
        return [
            argument
            for name, password in self.users.items()
            for argument in ("--add-scram", f"SCRAM-SHA-512=[name={name},password={password}]")
        ]

    def settings(self) -> Mapping[str, str]:
        """The listener's own; a line break is written as `\\n`."""
        chain, key = (text.strip().replace("\n", "\\n") for text in (self.certificate_chain, self.key))
        return {
            "ssl.keystore.type": "PEM",
            "ssl.keystore.certificate.chain": chain,
            "ssl.keystore.key": key,
            "sasl.enabled.mechanisms": "SCRAM-SHA-512",
            "listener.name.secured.scram-sha-512.sasl.jaas.config": (
                "org.apache.kafka.common.security.scram.ScramLoginModule required;"
            ),
        }


@dataclass(frozen=True, kw_only=True)
class Kafka:
    """One broker. Topics are made by those who own them, never by accident: a producer cannot create one."""

    directory: Path
    port: int
    controller_port: int
    durable: bool = True
    name: str = "kafka"
    secured: SecuredListener | None = None

    @property
    def ports(self) -> Mapping[str, int]:
        """The clients' port and the controller's."""
        return {"kafka": self.port, "kafka_controller": self.controller_port}

    @property
    def bootstrap_servers(self) -> str:
        """What clients connect to."""
        return f"{LOOPBACK}:{self.port}"

    def prepare(self) -> None:
        """Write the configuration; format the data directory when it is new."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self._configuration.write_text(_properties(self._settings()))
        if (self.directory / "data" / "meta.properties").exists():
            return
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        # A Kafka id must not look like an option to its own tool.
        cluster_id = "k" + cluster_id[1:]
        run_as(
            None,
            (
                *self._java("128m", quick=True),
                *("kafka.tools.StorageTool", "format", "--standalone", "--cluster-id", cluster_id),
                *("--config", str(self._configuration)),
                *(self.secured.format_arguments if self.secured else ()),
            ),
            directory=self.directory,
        )

    def process(self) -> ProcessSpec:
        """The broker's JVM."""
        return ProcessSpec(
            name=self.name,
            command=(*self._java("512m", quick=not self.durable), "kafka.Kafka", str(self._configuration)),
            directory=self.directory,
        )

    async def check(self) -> None:
        """Produce, fetch and commit: the port opens a second before the broker's coordinators answer."""
        await require_open(self.port)
        try:
            await self._create_readiness_topic()
            await self._round_trip()
        except (KafkaError, OSError) as error:
            raise NotReady(repr(error)) from error

    async def _create_readiness_topic(self) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap_servers, request_timeout_ms=REQUEST_MILLISECONDS)
        await admin.start()
        try:
            if READINESS_TOPIC not in await admin.list_topics():
                short_lived = {"retention.ms": "3600000"}
                await admin.create_topics([NewTopic(READINESS_TOPIC, 1, 1, topic_configs=short_lived)])
        finally:
            await admin.close()

    async def _round_trip(self) -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=self.bootstrap_servers,
            enable_idempotence=True,
            request_timeout_ms=REQUEST_MILLISECONDS,
        )
        await producer.start()
        try:
            sent = await producer.send_and_wait(READINESS_TOPIC, b"ready?", partition=0)
        finally:
            await producer.stop()
        partition = TopicPartition(READINESS_TOPIC, 0)
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap_servers,
            group_id=READINESS_GROUP,
            enable_auto_commit=False,
            request_timeout_ms=REQUEST_MILLISECONDS,
        )
        consumer.assign([partition])
        await consumer.start()
        try:
            consumer.seek(partition, sent.offset)
            await consumer.getone(partition)
            await consumer.commit({partition: sent.offset + 1})
        finally:
            await consumer.stop()

    @property
    def _configuration(self) -> Path:
        return self.directory / "server.properties"

    def _java(self, heap: str, *, quick: bool) -> tuple[str, ...]:
        bundle = java_bundle("kafka")
        # Short-lived JVMs never earn back what the second compiler costs.
        tuning = ("-XX:TieredStopAtLevel=1",) if quick else ()
        return (
            *(*YIELDING, str(java()), f"-Xmx{heap}", "-XX:+UseSerialGC", *tuning),
            f"-Dlog4j2.configurationFile={bundle / 'log4j2.properties'}",
            *("-cp", f"{bundle}/lib/*"),
        )

    def _settings(self) -> Mapping[str, str]:
        clients, controller = f"PLAINTEXT://{LOOPBACK}:{self.port}", f"{LOOPBACK}:{self.controller_port}"
        protocols = "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SECURED:SASL_SSL"
        if self.secured:
            clients += f",SECURED://{LOOPBACK}:{self.secured.port}"
        return {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.bootstrap.servers": controller,
            "listeners": f"{clients},CONTROLLER://{controller}",
            "advertised.listeners": clients,
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": protocols,
            "log.dirs": str(self.directory / "data"),
            "auto.create.topics.enable": "false",
            "group.initial.rebalance.delay.ms": "0",
            # One broker: there is nowhere else to keep a copy, and fifty partitions of offsets only cost time.
            "offsets.topic.num.partitions": "4",
            "offsets.topic.replication.factor": "1",
            "transaction.state.log.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            **(self.secured.settings() if self.secured else {}),
        }


def _properties(settings: Mapping[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in settings.items())
