"""The same servers in containers, for machines with a Docker engine but without the programs."""

from collections.abc import Iterator
from contextlib import contextmanager

from testcontainers.community.elasticsearch import ElasticSearchContainer
from testcontainers.community.kafka import KafkaContainer
from testcontainers.community.postgres import PostgresContainer
from testcontainers.community.redis import RedisContainer
from testcontainers.core.container import DockerContainer


@contextmanager
def running(container: DockerContainer) -> Iterator[None]:
    """Run the container for as long as the block lasts."""
    container.start()
    try:
        yield
    finally:
        container.stop()


@contextmanager
def postgres() -> Iterator[str]:
    """The superuser's URL of a PostgreSQL with PostGIS."""
    container = PostgresContainer("postgis/postgis:15-3.4", username="postgres", dbname="postgres", driver=None)
    with running(container):
        yield container.get_connection_url()


@contextmanager
def redis() -> Iterator[str]:
    """The URL of a Redis."""
    container = RedisContainer("redis:7.2")
    with running(container):
        yield f"redis://{container.get_container_host_ip()}:{container.get_exposed_port(6379)}/0"


@contextmanager
def kafka() -> Iterator[str]:
    """The bootstrap servers of a Kafka."""
    container = KafkaContainer("confluentinc/cp-kafka:8.1.0").with_kraft()
    container.with_env("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
    with running(container):
        yield container.get_bootstrap_server()


@contextmanager
def elasticsearch() -> Iterator[str]:
    """The URL of an Elasticsearch."""
    container = ElasticSearchContainer("docker.elastic.co/elasticsearch/elasticsearch:8.19.9", mem_limit="2g")
    container.with_env("action.auto_create_index", "false")
    with running(container):
        yield f"http://{container.get_container_host_ip()}:{container.get_exposed_port(9200)}"
