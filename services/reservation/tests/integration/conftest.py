from collections.abc import AsyncIterator

import pytest_asyncio
from services.reservation.tests.conftest import settings_for
from services.reservation.tests.payment import Payment
from services.reservation.tests.publishing import Publishing, skip_to_the_end, taking_in

from parking_events.topics import LOGIN, LOT, PAYMENT, SPOT, TARIFF, USER
from parking_messaging.adapters.kafka_connection import KafkaConnection
from parking_messaging.adapters.kafka_publisher import KafkaPublisher
from parking_messaging.adapters.kafka_topics import ensure_topics
from parking_platform.testing.servers import KafkaServer
from reservation_service.bootstrap import PAYMENTS, Reservation, bootstrap
from reservation_service.entrypoints.consumers import CATALOGUE, USERS, messaging


@pytest_asyncio.fixture
async def kafka(kafka_server: KafkaServer) -> KafkaServer:
    """The broker, with the topics of this service and its neighbours, whose past is not ours."""
    connection = KafkaConnection(kafka_server.bootstrap_servers, client_id="tests")
    await ensure_topics(connection, [LOT, SPOT, TARIFF, PAYMENT, LOGIN, USER])
    await skip_to_the_end(kafka_server.bootstrap_servers, CATALOGUE, [LOT, SPOT, TARIFF])
    await skip_to_the_end(kafka_server.bootstrap_servers, PAYMENTS, [PAYMENT])
    await skip_to_the_end(kafka_server.bootstrap_servers, USERS, [USER])
    return kafka_server


@pytest_asyncio.fixture
async def publishing(kafka: KafkaServer) -> AsyncIterator[Publishing]:
    """What other services publish."""
    publisher = KafkaPublisher(KafkaConnection(kafka.bootstrap_servers, client_id="tests"))
    yield Publishing(publisher)
    await publisher.close()


@pytest_asyncio.fixture
async def service_on_kafka(
    database_url: str, signing_key: str, kafka: KafkaServer, payment: Payment
) -> AsyncIterator[Reservation]:
    """The wired service on the same database, with a broker, and beside payment."""
    addresses = {"kafka_bootstrap_servers": kafka.bootstrap_servers, "payment_url": payment.url}
    settings = settings_for(database_url, signing_key, **addresses)
    wired = bootstrap(settings)
    await messaging(wired).make_topics()
    yield wired
    await wired.http.aclose()
    await wired.booking_pool.close()
    await wired.engine.dispose()


@pytest_asyncio.fixture
async def consuming(service_on_kafka: Reservation) -> AsyncIterator[None]:
    """What other services publish is consumed."""
    async with taking_in(service_on_kafka):
        yield
