"""A broker that speaks TLS and asks for a name and a password."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from parking_messaging import (
    Handlers,
    KafkaConnection,
    PostgresOutbox,
    RelaySettings,
    ensure_topics,
    kafka_consumer,
    postgres_relay,
)
from parking_messaging.adapters.aiokafka_client import KafkaError
from parking_platform.ports import LOOPBACK, free_port
from parking_platform.servers.kafka import Kafka, SecuredListener
from parking_platform.servers.server import start_child

PASSWORD = "open sesame"


def authority_text(authority: trustme.CA) -> str:
    return authority.cert_pem.bytes().decode()


@pytest_asyncio.fixture
async def secured(server_scratch: Any) -> AsyncIterator[KafkaConnection]:
    authority = trustme.CA()
    issued = authority.issue_cert(LOOPBACK)
    key = load_pem_private_key(issued.private_key_pem.bytes(), password=None)
    listener = SecuredListener(
        port=free_port(),
        certificate_chain="".join(each.bytes().decode() for each in issued.cert_chain_pems),
        key=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        users={"parking": PASSWORD},
    )
    broker = Kafka(
        directory=server_scratch / f"kafka-secured-{listener.port}",
        port=free_port(),
        controller_port=free_port(),
        durable=False,
        secured=listener,
    )
    child = await start_child(broker, server_scratch)
    yield KafkaConnection(
        f"{LOOPBACK}:{listener.port}",
        "secured",
        security_protocol="SASL_SSL",
        ca_certificates=authority_text(authority),
        username="parking",
        password=PASSWORD,
    )
    await child.stop()


async def test_only_known_clients_get_in(
    secured: KafkaConnection, engine: AsyncEngine, database_url: str, sample: Any, running: Any, eventually: Any,
    rows: Any, add_effect: Any,
) -> None:  # fmt: skip
    strangers = {
        "a client that guesses the password": replace(secured, password="guessed"),
        "a client that trusts another authority": replace(secured, ca_certificates=authority_text(trustme.CA())),
        "a client that trusts the system's authorities": replace(secured, ca_certificates=None),
        "a client that gives no name": replace(secured, security_protocol="SSL"),
    }
    for who, connection in strangers.items():
        with pytest.raises(KafkaError):
            pytest.fail(f"{who} made {await ensure_topics(connection, [sample.topic])}")

    assert await ensure_topics(secured, [sample.topic]) == [sample.topic.name]
    handlers: Handlers[AsyncConnection] = Handlers()
    handlers.effect(sample.event_class, add_effect)
    relay = postgres_relay(settings=RelaySettings(sample.topic.owner), database_url=database_url, kafka=secured)
    consumer = kafka_consumer(group=sample.group, handlers=handlers, transactions=engine.begin, kafka=secured)
    async with engine.begin() as connection:
        await PostgresOutbox().add(connection, [sample.event()])
    async with running(relay.run, consumer.run):
        await eventually(lambda: rows("SELECT 1 FROM effects"))


def test_a_connection_shows_no_password() -> None:
    connection = KafkaConnection("kafka:9092", "tests", security_protocol="SASL_SSL", username="x", password=PASSWORD)
    assert PASSWORD not in repr(connection)
