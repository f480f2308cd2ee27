"""Topics are made by `migrate`, from the catalogue; the brokers make none by themselves."""

from collections.abc import Collection
from typing import Final

import structlog

from parking_events import TOPICS, Topic, dead_letter_topic
from parking_messaging.adapters.aiokafka_client import KafkaError, NewTopic, error_name, new_admin
from parking_messaging.adapters.kafka_connection import KafkaConnection
from parking_messaging.adapters.topic_settings import TopicWatch, report, topic_drift, wanted_settings
from parking_messaging.failures import PublisherUnavailable, SourceUnavailable, TopicsNotMade

_log: Final = structlog.get_logger(__name__)
_FINE: Final = {0, 36}
"""No error, and TOPIC_ALREADY_EXISTS."""


def topics_of(service: str, *, groups: Collection[str] = ()) -> list[Topic]:
    """What a service's `migrate` has to make: the topics that it owns, and its groups' dead-letter topics."""
    owned = [topic for topic in TOPICS.values() if topic.owner == service]
    return owned + [dead_letter_topic(group) for group in groups]


async def ensure_topics(
    connection: KafkaConnection, topics: Collection[Topic], *, replication_factor: int = 1
) -> list[str]:
    """Make the topics that do not exist yet; their names. Existing ones are left as they are.

    Raises PublisherUnavailable where Kafka refuses one.
    """
    admin = new_admin(connection)
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        missing = [
            NewTopic(
                topic.name,
                topic.partitions,
                replication_factor,
                topic_configs=dict(wanted_settings(topic, replication_factor)),
            )
            for topic in topics
            if topic.name not in existing
        ]
        if not missing:
            return []
        answer = await admin.create_topics(missing)
    finally:
        await admin.close()
    for name, code, *_ in answer.topic_errors:
        if code not in _FINE:
            raise PublisherUnavailable(f"topic {name} was not made: {error_name(code)}")
    created = sorted(str(topic.name) for topic in missing)
    _log.info("topics made", topics=created)
    return created


async def make_topics(
    connection: KafkaConnection, service: str, *, groups: Collection[str] = (), replication_factor: int = 1
) -> None:
    """The part of a service's `migrate` that makes its topics, and those of its dead letters. Raises TopicsNotMade.

    Topics that were there already and have other settings are reported.
    """
    topics = topics_of(service, groups=groups)
    try:
        made = await ensure_topics(connection, topics, replication_factor=replication_factor)
        earlier = [topic for topic in topics if topic.name not in made]
        report(await topic_drift(connection, earlier, replication_factor=replication_factor))
    except SourceUnavailable as error:
        _log.warning("topic settings not checked", why=str(error))
    except (KafkaError, PublisherUnavailable) as error:
        where = f"kafka at {connection.bootstrap_servers} did not make {service}'s topics ({error})"
        raise TopicsNotMade(f"{where}; with --no-topics somebody else makes them") from error


def topic_watch(
    connection: KafkaConnection, service: str, *, groups: Collection[str] = (), replication_factor: int = 1
) -> TopicWatch:
    """The part of a service's `work` that reports topics whose settings are not those that `make_topics` gives."""
    return TopicWatch(connection, topics_of(service, groups=groups), replication_factor=replication_factor)
