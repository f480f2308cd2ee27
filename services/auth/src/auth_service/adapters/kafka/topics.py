"""The topics that auth owns."""

from aiokafka.errors import KafkaError

from parking_messaging import KafkaConnection, ensure_topics, topics_of
from parking_messaging.failures import PublisherUnavailable


class TopicsNotMade(ConnectionError):
    """Kafka is away, or refuses a topic."""


async def make_topics(kafka: KafkaConnection, replication_factor: int) -> None:
    """Make the topics that do not exist yet. Raises `TopicsNotMade`."""
    try:
        await ensure_topics(kafka, topics_of("auth"), replication_factor=replication_factor)
    except (KafkaError, PublisherUnavailable) as error:
        where = f"kafka at {kafka.bootstrap_servers} did not make auth's topics ({error})"
        raise TopicsNotMade(f"{where}; with --no-topics somebody else makes them") from error
