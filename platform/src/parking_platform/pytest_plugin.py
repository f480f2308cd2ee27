"""What all tests of the workspace share: real servers, markers by folder, no sockets in unit tests."""

import gc
import os
from collections.abc import AsyncIterator, Generator, Iterator
from itertools import pairwise
from pathlib import Path
from secrets import token_hex, token_urlsafe

import pytest
import pytest_asyncio

from parking_platform.demonstration import Demonstration
from parking_platform.environments import WEBHOOK_PATH
from parking_platform.ports import LOOPBACK, free_port
from parking_platform.servers.elasticsearch import Elasticsearch
from parking_platform.servers.kafka import Kafka
from parking_platform.servers.mail_catcher import MailCatcher
from parking_platform.servers.postgres import Postgres
from parking_platform.servers.redis import Redis
from parking_platform.servers.server import start_child
from parking_platform.servers.stripe_simulator import StripeKeys, StripeSimulator
from parking_platform.testing import provisioning
from parking_platform.testing.databases import DatabaseCopies
from parking_platform.testing.platform import RunningPlatform, running_platform
from parking_platform.testing.scratch import scratch_directory
from parking_platform.testing.servers import (
    ElasticsearchServer,
    KafkaServer,
    MailCatcherServer,
    PostgresServer,
    RedisServer,
    SchemaOwner,
    StripeServer,
)

PLATFORM_SECONDS = 300
SMALL = Demonstration(lots=4, visits=24)
ENDS_PLATFORM = "ends_platform"
BROKERS = ("kafka_server", "elasticsearch_server")
KINDS = frozenset({"unit", "integration", "contract", "system"})


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Let asyncio have its pair of Unix sockets where sockets are refused."""
    config.option.allow_unix_socket = True


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without looking for garbage: the modules and tests stay, and are not looked through again later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark each test by the folder it lies in: `tests/unit` makes it a unit test, which gets no sockets."""
    if hasattr(config, "workerinput"):
        # Theirs is the longest group: it begins at once beside all others, instead of alone at the end.
        items.sort(key=lambda item: not _needs_platform(item))
    # Within the group as well: after it nothing can be asked of the platform any more.
    items.sort(key=lambda item: item.get_closest_marker(ENDS_PLATFORM) is not None)
    of_brokers = {item.path for item in items if any(_needs(item, each) for each in BROKERS)}
    for item in items:
        needs_platform = _needs_platform(item)
        # Where several processes share the work: a file stays together, and only one of them starts the platform, one
        # Kafka and Elasticsearch, whose starts cost a core half a minute, and one the provider of the simulator's own
        # tests.
        shared = "platform" if needs_platform else "brokers" if item.path in of_brokers else str(item.path)
        if _needs(item, "receiver_server"):
            shared = "simulator"
        item.add_marker(pytest.mark.xdist_group(shared))
        if needs_platform and not item.get_closest_marker("timeout"):
            # The first of them waits until everything is up.
            item.add_marker(pytest.mark.timeout(PLATFORM_SECONDS))
        kind = _kind(item.path)
        if kind is None:
            continue
        item.add_marker(kind)
        if kind == "unit":
            item.add_marker("disable_socket")


def _needs_platform(item: pytest.Item) -> bool:
    return _needs(item, "platform")


def _needs(item: pytest.Item, fixture: str) -> bool:
    return fixture in getattr(item, "fixturenames", ())


def _kind(path: Path) -> str | None:
    folders = path.parts[:-1]
    kinds = [name for parent, name in pairwise(folders) if parent == "tests" and name in KINDS]
    return kinds[-1] if kinds else None


@pytest.fixture(scope="session")
def server_scratch() -> Iterator[Path]:
    """Where the servers of this run keep their data and logs; gone after it."""
    with scratch_directory() as path:
        yield path


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres_server(server_scratch: Path) -> AsyncIterator[PostgresServer]:
    """A PostgreSQL for the whole run; make databases in it with `create_database`."""

    def native() -> Postgres:
        return Postgres(
            directory=server_scratch / "postgres", port=free_port(), superuser_password=token_urlsafe(), durable=False
        )

    async with provisioning.provide(
        variable="TEST_POSTGRES_URL",
        native=native,
        address=lambda server: server.url("postgres"),
        container="postgres",
        logs=server_scratch,
    ) as address:
        yield PostgresServer(address)


@pytest.fixture
def schema_owner(databases: DatabaseCopies, database_url: str) -> SchemaOwner:
    """Who may change the schema of this test's database; `database_url` leads there as the role of the service."""
    return databases.schema_owner(database_url)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def redis_server(server_scratch: Path) -> AsyncIterator[RedisServer]:
    """A Redis for the whole run."""

    def native() -> Redis:
        return Redis(directory=server_scratch / "redis", port=free_port(), durable=False)

    async with provisioning.provide(
        variable="TEST_REDIS_URL",
        native=native,
        address=lambda server: server.url(),
        container="redis",
        logs=server_scratch,
    ) as address:
        yield RedisServer(address)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def kafka_server(server_scratch: Path) -> AsyncIterator[KafkaServer]:
    """A Kafka broker for the whole run; make topics in it with `create_topic`."""

    def native() -> Kafka:
        return Kafka(
            directory=server_scratch / "kafka",
            port=free_port(),
            controller_port=free_port(),
            durable=False,
        )

    async with provisioning.provide(
        variable="TEST_KAFKA_BOOTSTRAP_SERVERS",
        native=native,
        address=lambda server: server.bootstrap_servers,
        container="kafka",
        logs=server_scratch,
    ) as address:
        yield KafkaServer(address)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def elasticsearch_server(server_scratch: Path) -> AsyncIterator[ElasticsearchServer]:
    """An Elasticsearch for the whole run."""

    def native() -> Elasticsearch:
        return Elasticsearch(
            directory=server_scratch / "elasticsearch",
            port=free_port(),
            transport_port=free_port(),
            durable=False,
        )

    async with provisioning.provide(
        variable="TEST_ELASTICSEARCH_URL",
        native=native,
        address=lambda server: server.url,
        container="elasticsearch",
        logs=server_scratch,
    ) as address:
        yield ElasticsearchServer(address)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def mail_catcher_server(server_scratch: Path) -> AsyncIterator[MailCatcherServer]:
    """A mail catcher for the whole run. It is our own program, so there is no container of it.

    TEST_MAIL_URL is its page, TEST_MAIL_SMTP the `host:port` that mail is sent to.
    """
    if (url := os.environ.get("TEST_MAIL_URL")) and (smtp := os.environ.get("TEST_MAIL_SMTP")):
        host, _, port = smtp.rpartition(":")
        yield MailCatcherServer(url, host, int(port))
        return
    server = MailCatcher(directory=server_scratch / "mail-catcher", smtp_port=free_port(), http_port=free_port())
    child = await start_child(server, server_scratch)
    yield MailCatcherServer(server.url, LOOPBACK, server.smtp_port)
    await child.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stripe_server(server_scratch: Path) -> AsyncIterator[StripeServer]:
    """A Stripe simulator for the whole run; our own program too."""
    webhook_url = f"http://{LOOPBACK}:{free_port()}{WEBHOOK_PATH}"
    keys = StripeKeys(
        secret_key=f"sk_test_{token_hex()}",
        publishable_key=f"pk_test_{token_hex()}",
        webhook_secret=f"whsec_{token_hex()}",
    )
    server = StripeSimulator(directory=server_scratch / "stripe", port=free_port(), keys=keys, webhook_url=webhook_url)
    child = await start_child(server, server_scratch)
    yield StripeServer(server.url, webhook_url, keys)
    await child.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def platform(server_scratch: Path) -> AsyncIterator[RunningPlatform]:
    """The whole platform with a small demonstration, up once for the whole run, without rate limits."""
    async with running_platform(server_scratch / "platform", demonstration=SMALL) as running:
        yield running


@pytest.fixture(scope="session")
def shared_data(request: pytest.FixtureRequest) -> Path:
    """The public data sets beside the checkout. Continuous integration must have them, a laptop need not."""
    return _beside_the_checkout(request, "data")


@pytest.fixture(scope="session")
def shared_cases(request: pytest.FixtureRequest) -> Path:
    """The small inputs from the field, run as they lie there. Their README says which is for what."""
    return _beside_the_checkout(request, "cases")


def _beside_the_checkout(request: pytest.FixtureRequest, name: str) -> Path:
    path = request.config.rootpath.parent / "shared" / name
    if path.is_dir():
        return path
    if os.environ.get("CI") == "true":
        pytest.fail(f"{path} is missing")
    pytest.skip(f"{path} is missing: it is not beside this checkout")
