"""The topics that parking owns, and its dead letters."""

from aiokafka.errors import KafkaError

from parking_messaging import KafkaConnection, ensure_topics, topics_of
from parking_messaging.failures import PublisherUnavailable
from parking_service.adapters.kafka.consumer import GROUP


class TopicsNotMade(ConnectionError):
    """Kafka is away, or refuses a topic."""


async def make_topics(kafka: KafkaConnection, replication_factor: int) -> None:
    """Make the topics that do not exist yet. Raises `TopicsNotMade`."""
    try:
        await ensure_topics(kafka, topics_of("parking", groups=[GROUP]), replication_factor=replication_factor)
    except (KafkaError, PublisherUnavailable) as error:
        where = f"kafka at {kafka.bootstrap_servers} did not make parking's topics ({error})"
        raise TopicsNotMade(f"{where}; with --no-topics somebody else makes them") from error
