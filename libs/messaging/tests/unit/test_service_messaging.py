"""What a worker is given of its service's messaging, before anything connects."""

from typing import Any

import pytest

from parking_messaging import Handlers, KafkaConnection
from parking_messaging.fakes import FakeTransaction, FakeTransactions
from parking_messaging.service_messaging import ServiceMessaging

GROUPS = ("payment.reservations", "payment.logins")


@pytest.fixture
def messaging() -> ServiceMessaging[Any]:
    handlers = {group: Handlers[FakeTransaction]() for group in GROUPS}
    kafka = KafkaConnection(bootstrap_servers="nowhere.invalid:9092", client_id="payment")
    return ServiceMessaging("payment", kafka, "postgresql://nowhere.invalid/payment", FakeTransactions(), handlers)


def test_a_worker_runs_the_relay_the_watch_over_topics_and_each_group(messaging: ServiceMessaging[Any]) -> None:
    assert messaging.loops().keys() == {"outbox_relay", "topic_settings", *GROUPS}
    assert messaging.loops()["outbox_relay"] == messaging.loops()["outbox_relay"], (
        "one relay, however often it is asked for"
    )


def test_nobody_leads_before_a_relay_has_its_lock(messaging: ServiceMessaging[Any]) -> None:
    assert not messaging.leads


async def test_what_is_not_connected_is_not_ready_and_is_named(messaging: ServiceMessaging[Any]) -> None:
    checks = messaging.readiness()
    with pytest.raises(ConnectionError, match="relay is not connected"):
        await checks["outbox_relay"]()
    with pytest.raises(ConnectionError, match=r"not consuming: payment\.reservations, payment\.logins"):
        await checks["consumers"]()
