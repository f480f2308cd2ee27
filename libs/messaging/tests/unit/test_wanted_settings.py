"""The settings that a topic is made with."""

import pytest

from parking_events import TOPICS
from parking_messaging.adapters.topic_settings import wanted_settings

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("replicas", "in_sync"), [(1, "1"), (2, "1"), (3, "2"), (5, "2")])
def test_an_acknowledged_record_is_on_two_brokers_and_one_may_be_away(replicas: int, in_sync: str) -> None:
    """With two replicas, two in sync would mean that none may be away."""
    assert wanted_settings(TOPICS["auth.session.v1"], replicas) == {
        "cleanup.policy": "delete",
        "retention.ms": "604800000",
        "compression.type": "producer",
        "min.insync.replicas": in_sync,
    }
