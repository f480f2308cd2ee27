"""Topics get the catalogue's settings when they are made; where they differ later, it is reported and left."""

from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import UnknownTopicOrPartitionError
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from parking_events import TOPICS, Cleanup, Topic
from parking_messaging import Backoff, KafkaConnection, SourceUnavailable, ensure_topics
from parking_messaging.adapters import kafka_topics, topic_settings
from parking_messaging.adapters.topic_settings import Drift, TopicWatch, topic_drift
from parking_platform.ports import LOOPBACK, free_port
from parking_platform.testing.waiting import wait_until


@pytest.fixture
def topic() -> Topic:
    """A topic that no other test knows."""
    return Topic(f"drift.{uuid4().hex[:8]}.v1", "thing", Cleanup.COMPACT, None, 3, "drift")


async def set_by_hand(kafka: KafkaConnection, topic: Topic, settings: Mapping[str, str]) -> None:
    """Do what an operator would: these are then all of the topic's own settings, once the broker shows them."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    await admin.start()
    try:
        resource = ConfigResource(ConfigResourceType.TOPIC, topic.name, dict(settings))
        answer: Any
        (answer,) = await admin.alter_configs([resource])
        assert [code for code, *_ in answer.resources] == [0]

        async def are_shown() -> bool:
            shown: Any
            (shown,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic.name)])
            ((_code, _message, _kind, _name, entries),) = shown.resources
            return settings.items() <= {setting: value for setting, value, *_ in entries}.items()

        await wait_until(are_shown, f"the settings {settings} of {topic.name}")
    finally:
        await admin.close()


async def made(kafka: KafkaConnection, topic: Topic) -> None:
    """Make a topic, and wait until the broker shows what it just made."""
    await ensure_topics(kafka, [topic])

    async def is_shown() -> bool:
        try:
            return not await topic_drift(kafka, [topic], replication_factor=1)
        except SourceUnavailable:
            return False

    await wait_until(is_shown, f"the topic {topic.name}")


def metric(topic: Topic, setting: str) -> float | None:
    return REGISTRY.get_sample_value("topic_settings_drift", {"topic": topic.name, "setting": setting})


async def test_topics_of_ours_have_what_the_catalogue_says(kafka: KafkaConnection) -> None:
    for topic in TOPICS.values():
        await made(kafka, topic)
    assert await topic_drift(kafka, list(TOPICS.values()), replication_factor=1) == []


async def test_every_setting_that_differs_is_named(kafka: KafkaConnection, topic: Topic) -> None:
    await made(kafka, topic)
    wanted = replace(topic, partitions=6)
    by_hand = {
        "cleanup.policy": "delete",
        "retention.ms": "86400000",
        "min.insync.replicas": "2",
        "compression.type": "gzip",
    }
    await set_by_hand(kafka, topic, by_hand)
    assert await topic_drift(kafka, [wanted], replication_factor=1) == [
        Drift(topic.name, "partitions", "6", "3"),
        Drift(topic.name, "cleanup.policy", "compact", "delete"),
        Drift(topic.name, "retention.ms", "-1", "86400000"),
        Drift(topic.name, "compression.type", "producer", "gzip"),
        Drift(topic.name, "min.insync.replicas", "1", "2"),
    ]
    assert Drift(topic.name, "replication.factor", "3", "1") in await topic_drift(kafka, [topic], replication_factor=3)


async def test_a_topic_that_is_missing_has_none_of_them_and_is_not_made(kafka: KafkaConnection, topic: Topic) -> None:
    for _ in range(2):
        found = await topic_drift(kafka, [topic], replication_factor=1)
        assert {each.found for each in found} == {"nothing"}
        assert {"partitions", "cleanup.policy"} <= {each.setting for each in found}


class KnownByName:
    """What brokers answer while they make a topic: one lists it, the one that is asked next does not know it."""

    def __init__(self, topic: Topic, *, lies: bool) -> None:
        self._name = topic.name
        self._partitions = [{"replicas": [1]}] if lies else []

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def list_topics(self) -> list[str]:
        return [self._name]

    async def describe_topics(self, names: list[str]) -> list[dict[str, object]]:
        return [{"topic": name, "partitions": self._partitions} for name in names]

    async def describe_configs(self, _: object) -> list[SimpleNamespace]:
        unknown = UnknownTopicOrPartitionError.errno
        return [SimpleNamespace(resources=[(unknown, "no such topic", 2, self._name, [])])]


@pytest.mark.parametrize("lies", [True, False])
async def test_a_topic_that_is_just_being_made_is_looked_at_again_and_no_drift(
    kafka: KafkaConnection, topic: Topic, monkeypatch: pytest.MonkeyPatch, *, lies: bool
) -> None:
    monkeypatch.setattr(topic_settings, "new_admin", lambda _: KnownByName(topic, lies=lies))
    with pytest.raises(SourceUnavailable, match=topic.name):
        await topic_drift(kafka, [topic], replication_factor=1)


async def test_a_drift_is_a_warning_and_a_metric_and_stays(kafka: KafkaConnection, topic: Topic) -> None:
    await made(kafka, topic)
    watch = TopicWatch(kafka, [topic], replication_factor=1)
    assert await watch.check() == []
    assert metric(topic, "retention.ms") == metric(topic, "partitions") == 0

    await set_by_hand(kafka, topic, {"cleanup.policy": "compact", "retention.ms": "1000"})
    with capture_logs() as logs:
        found = await watch.check()
    assert found == [Drift(topic.name, "retention.ms", "-1", "1000")]
    assert logs == [
        {
            "event": "topic settings drift",
            "log_level": "warning",
            "topic": topic.name,
            "setting": "retention.ms",
            "wanted": "-1",
            "found": "1000",
        }
    ]
    assert (metric(topic, "retention.ms"), metric(topic, "cleanup.policy")) == (1, 0)
    with capture_logs() as logs:
        assert await watch.check() == found, "nothing was changed"
    assert logs == [], "and it is not said again"

    await set_by_hand(kafka, topic, {"cleanup.policy": "compact", "retention.ms": "-1"})
    assert await watch.check() == []
    assert metric(topic, "retention.ms") == 0


async def test_it_looks_again_after_a_while(
    kafka: KafkaConnection, topic: Topic, running: Any, eventually: Any
) -> None:
    await made(kafka, topic)
    watch = TopicWatch(kafka, [topic], replication_factor=1, interval=0.1, while_different=0.1)
    async with running(watch.run):
        await eventually(lambda: is_metric(topic, 0))
        await set_by_hand(kafka, topic, {"cleanup.policy": "compact", "retention.ms": "1000"})
        await eventually(lambda: is_metric(topic, 1))
        await set_by_hand(kafka, topic, {"cleanup.policy": "compact", "retention.ms": "-1"})
        await eventually(lambda: is_metric(topic, 0))


async def is_metric(topic: Topic, value: float) -> bool:
    return metric(topic, "retention.ms") == value


async def test_without_kafka_it_asks_again_and_again(topic: Topic, running: Any, eventually: Any) -> None:
    nowhere = KafkaConnection(f"{LOOPBACK}:{free_port()}", client_id="tests")
    with pytest.raises(SourceUnavailable):
        await topic_drift(nowhere, [topic], replication_factor=1)
    watch = TopicWatch(nowhere, [topic], replication_factor=1, retry=Backoff(first=0.05, longest=0.1))
    with capture_logs() as logs:

        async def asked_again() -> bool:
            return len([each for each in logs if each["event"] == "topic settings not checked"]) > 2

        async with running(watch.run):
            await eventually(asked_again)
    assert metric(topic, "retention.ms") is None, "what is not known is not claimed to be right"


async def test_migrating_again_reports_and_leaves_what_it_finds(kafka: KafkaConnection) -> None:
    """`drift` is a service without topics, so that its dead letters are all that it has."""
    group = f"drift.{uuid4().hex[:8]}"
    (dead_letters,) = kafka_topics.topics_of("drift", groups=[group])
    with capture_logs() as logs:
        await kafka_topics.make_topics(kafka, "drift", groups=[group])
    assert [each["event"] for each in logs] == ["topics made"]
    await made(kafka, dead_letters)
    await set_by_hand(kafka, dead_letters, {"cleanup.policy": "delete", "retention.ms": "1"})
    with capture_logs() as logs:
        await kafka_topics.make_topics(kafka, "drift", groups=[group])
    assert [(each["event"], each["topic"], each["setting"], each["found"]) for each in logs] == [
        ("topic settings drift", dead_letters.name, "retention.ms", "1")
    ]
    watch = kafka_topics.topic_watch(kafka, "drift", groups=[group])
    assert [each.found for each in await watch.check()] == ["1"]
