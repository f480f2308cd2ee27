"""The topics that payment owns, and those of its dead letters."""

from aiokafka.errors import KafkaError

from parking_messaging.adapters.kafka_connection import KafkaConnection
from parking_messaging.adapters.kafka_topics import ensure_topics, topics_of
from parking_messaging.failures import PublisherUnavailable
from payment_service.adapters.kafka.consumers import GROUPS


class TopicsNotMade(ConnectionError):
    """Kafka is away, or refuses a topic."""


async def make_topics(kafka: KafkaConnection, replication_factor: int) -> None:
    """Make the topics that do not exist yet. Raises `TopicsNotMade`."""
    try:
        await ensure_topics(kafka, topics_of("payment", groups=GROUPS), replication_factor=replication_factor)
    except (KafkaError, PublisherUnavailable) as error:
        where = f"kafka at {kafka.bootstrap_servers} did not make payment's topics ({error})"
        raise TopicsNotMade(f"{where}; with --no-topics somebody else makes them") from error
