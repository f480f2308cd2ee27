"""What a topic's settings have to be, and where those that Kafka has differ: reported, never changed.

`migrate` makes topics once. What an operator, or an older catalogue, set differently afterwards is theirs to decide: to
shorten a retention deletes events, and to add partitions breaks the order of keys.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

import structlog

from parking_events import Topic
from parking_messaging import metrics
from parking_messaging.adapters.aiokafka_client import Admin, KafkaError, error_name, new_admin, topic_resource
from parking_messaging.adapters.kafka_connection import KafkaConnection
from parking_messaging.backoff import Backoff
from parking_messaging.failures import SourceUnavailable
from parking_messaging.waiting import finish_or_stop, wait_for_any

_log: Final = structlog.get_logger(__name__)

DAY: Final = 86_400.0
TEN_MINUTES: Final = 600.0
_RETRY: Final = Backoff(first=1.0, longest=900.0)
_REPLICAS_THAT_MAY_LOSE_ONE: Final = 3


class Drift(NamedTuple):
    """A setting that is not as the catalogue has it."""

    topic: str
    setting: str
    wanted: str
    found: str


def wanted_settings(topic: Topic, replication_factor: int) -> Mapping[str, str]:
    """A topic's settings in Kafka's own words.

    With three replicas an acknowledged record is on two brokers at least, and one broker may be away. Producers decide
    how records are compressed; a broker that compressed them again would only take longer.
    """
    in_sync = 2 if replication_factor >= _REPLICAS_THAT_MAY_LOSE_ONE else 1
    return {**topic.configuration, "compression.type": "producer", "min.insync.replicas": str(in_sync)}


async def topic_drift(
    connection: KafkaConnection, topics: Collection[Topic], *, replication_factor: int
) -> Sequence[Drift]:
    """Every setting that differs, of each topic, numbers of partitions and replicas included; a missing topic has none.

    Raises SourceUnavailable where Kafka does not answer, does not let us look, or is still making one of the topics:
    brokers learn of a new one at different moments, and what one of them does not know yet is no drift.
    """
    admin = new_admin(connection)
    try:
        await admin.start()
        found = await _found_settings(admin, [topic.name for topic in topics])
    except KafkaError as error:
        raise SourceUnavailable(f"the settings of the topics are unknown: {error!r}") from error
    finally:
        await admin.close()
    return [
        Drift(topic.name, setting, wanted, found[topic.name].get(setting, "nothing"))
        for topic in topics
        for setting, wanted in _all_wanted(topic, replication_factor).items()
        if found[topic.name].get(setting) != wanted
    ]


def _all_wanted(topic: Topic, replication_factor: int) -> Mapping[str, str]:
    counts = {"partitions": str(topic.partitions), "replication.factor": str(replication_factor)}
    return {**counts, **wanted_settings(topic, replication_factor)}


async def _found_settings(admin: Admin, names: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
    """What each topic has; nothing for one that does not exist (asking for it by name could make it)."""
    found: dict[str, dict[str, str]] = {name: {} for name in names}
    existing = set(await admin.list_topics()) & found.keys()
    if not existing:
        return found
    for described in await admin.describe_topics(sorted(existing)):
        partitions = described["partitions"]
        if not partitions:
            raise SourceUnavailable(f"a broker does not know yet where {described['topic']} lies")
        replicas = min(len(each["replicas"]) for each in partitions)
        found[described["topic"]] = {"partitions": str(len(partitions)), "replication.factor": str(replicas)}
    for answer in await admin.describe_configs([topic_resource(name) for name in sorted(existing)]):
        for code, _message, _kind, name, entries in answer.resources:
            if code:
                raise SourceUnavailable(f"the settings of {name} are unknown: {error_name(code)}")
            found[name] |= {setting: str(value) for setting, value, *_ in entries}
    return found


class TopicWatch:
    """Compares the topics of a service with the catalogue when it starts, and then once a day.

    Each difference is a metric, and a warning when it is first found. While there is one, or Kafka is away, it looks
    again sooner, so that the metric shows when it is fixed. Intervals in seconds.
    """

    def __init__(
        self,
        connection: KafkaConnection,
        topics: Collection[Topic],
        *,
        replication_factor: int,
        interval: float = DAY,
        while_different: float = TEN_MINUTES,
        retry: Backoff = _RETRY,
    ) -> None:
        self._connection = connection
        self._topics = topics
        self._replication_factor = replication_factor
        self._interval = interval
        self._while_different = while_different
        self._known: Collection[Drift] = ()
        self._retry = retry

    async def run(self, stop: asyncio.Event) -> None:
        """Until stopped."""
        failures = 0
        while not stop.is_set():
            try:
                found = await finish_or_stop(self.check(), stop)
                failures, pause = 0, self._while_different if found else self._interval
            except SourceUnavailable as error:
                failures += 1
                pause = self._retry.delay(failures)
                _log.warning("topic settings not checked", why=str(error), again_in=round(pause))
            await wait_for_any(stop, timeout=pause)

    async def check(self) -> Sequence[Drift]:
        """Compare once, and report. Raises SourceUnavailable."""
        found = await topic_drift(self._connection, self._topics, replication_factor=self._replication_factor)
        differing = {(each.topic, each.setting) for each in found}
        for topic in self._topics:
            for setting in _all_wanted(topic, self._replication_factor):
                metrics.TOPIC_SETTINGS_DRIFT.labels(topic.name, setting).set((topic.name, setting) in differing)
        report([each for each in found if each not in self._known])
        self._known = found
        return found


def report(found: Sequence[Drift]) -> None:
    """Warn of each difference."""
    for each in found:
        _log.warning(
            "topic settings drift", topic=each.topic, setting=each.setting, wanted=each.wanted, found=each.found
        )
