import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, ClassVar, Protocol
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.test.globals_test import reset_trace_globals
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from parking_events import Cleanup, Topic, WireEvent
from parking_events import base as registry
from parking_messaging import KafkaConnection, ensure_topics
from parking_messaging.fakes.operations import RecordedOperations
from parking_messaging.migrations import create_messaging_tables
from parking_platform.testing.logs import WrittenLogs, written_logs
from parking_platform.testing.servers import KafkaServer, PostgresServer, unique_name
from parking_platform.testing.waiting import wait_until


class SampleEvent(WireEvent):
    """What the tests send: `amount` is what an effect adds up. As many events, it is about a reservation too."""

    partition_key_field: ClassVar[str] = "sample_id"
    subject_field: ClassVar[str] = "sample_id"

    sample_id: UUID
    amount: int = 1
    padding: str = ""
    reservation_id: UUID | None = None


class SampleTopic:
    """A topic of the test's own, with one event type on it."""

    def __init__(self, partitions: int = 1) -> None:
        name = unique_name("sample")
        self.topic = Topic(f"{name}.sample.v1", "sample", Cleanup.DELETE, None, partitions, name)
        self.group = f"{name}.purpose"
        self.event_class: type[SampleEvent] = type(
            "SampleHappenedV1",
            (SampleEvent,),
            {"event_type": f"parking.{name}.happened.v1", "topic": self.topic, "__module__": __name__},
        )

    def event(self, subject: UUID | None = None, version: int = 1, **facts: Any) -> SampleEvent:
        return self.event_class(sample_id=subject or uuid4(), version=version, **facts)


class Eventually(Protocol):
    async def __call__(self, condition: Callable[[], object | Awaitable[object]], within: float = 20) -> None: ...


@pytest.fixture
def eventually() -> Eventually:
    """Wait for a condition, with a deadline."""

    async def wait(condition: Callable[[], object | Awaitable[object]], within: float = 20) -> None:
        await wait_until(condition, "what the test expects", seconds=within)

    return wait


@pytest.fixture
def make_topic() -> Iterator[Callable[..., SampleTopic]]:
    """Event types of the test's own, gone from the registry after it."""
    before = set(registry.EVENT_CLASSES)
    yield SampleTopic
    for event_type in set(registry.EVENT_CLASSES) - before:
        del registry._registry[event_type]


@pytest.fixture
def exported() -> Iterator[InMemorySpanExporter]:
    """The spans that ended; a trace that begins here is sampled."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    reset_trace_globals()
    trace.set_tracer_provider(provider)
    yield exporter
    provider.shutdown()
    reset_trace_globals()


@pytest.fixture
def logs() -> Iterator[WrittenLogs]:
    """What a process of a service logs."""
    with written_logs("sample") as logs:
        yield logs


@pytest.fixture
def sample(make_topic: Callable[..., SampleTopic]) -> SampleTopic:
    return make_topic()


class Running(Protocol):
    def __call__(
        self, *runners: Callable[[asyncio.Event], Awaitable[None]]
    ) -> AbstractAsyncContextManager[asyncio.Event]: ...


@pytest.fixture
def running() -> Running:
    """Run relays and consumers for the length of a block; what one raises surfaces at its end."""

    @asynccontextmanager
    async def run(*runners: Callable[[asyncio.Event], Awaitable[None]]) -> AsyncIterator[asyncio.Event]:
        stop = asyncio.Event()
        tasks = [asyncio.ensure_future(runner(stop)) for runner in runners]
        try:
            yield stop
        finally:
            stop.set()
            async with asyncio.timeout(15):
                await asyncio.gather(*tasks)

    return run


@pytest.fixture
def kafka(kafka_server: KafkaServer) -> KafkaConnection:
    return KafkaConnection(kafka_server.bootstrap_servers, client_id="messaging-tests")


@pytest_asyncio.fixture
async def kafka_topic(kafka: KafkaConnection, sample: SampleTopic) -> SampleTopic:
    """The sample topic, on the broker."""
    await ensure_topics(kafka, [sample.topic])
    return sample


@pytest_asyncio.fixture
async def database_url(postgres_server: PostgresServer) -> AsyncIterator[str]:
    """A database with the messaging tables and a table `effects`, to which handlers add."""
    name = unique_name("messaging")
    url = await postgres_server.create_database(name)
    operations = RecordedOperations()
    create_messaging_tables(operations)
    effects = "CREATE TABLE effects (event_id uuid, subject text, version bigint, amount bigint, at bigserial)"
    await postgres_server.execute(*operations.statements, effects, database=name)
    yield url
    await postgres_server.drop_database(name)


@pytest_asyncio.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    url = database_url.replace("postgresql://", "postgresql+asyncpg://", 1)
    engine = create_async_engine(url, pool_size=10)
    yield engine
    await engine.dispose()


class Rows(Protocol):
    async def __call__(self, statement: str, **parameters: object) -> list[tuple[object, ...]]: ...


@pytest.fixture
def rows(engine: AsyncEngine) -> Rows:
    async def fetch(statement: str, **parameters: object) -> list[tuple[object, ...]]:
        async with engine.begin() as connection:
            return [tuple(row) for row in await connection.execute(text(statement), parameters)]

    return fetch


type AddEffect = Callable[[SampleEvent, object, AsyncConnection], Awaitable[None]]


@pytest.fixture
def add_effect() -> AddEffect:
    """A handler that a repeat would harm: it adds a row."""

    async def handle(event: SampleEvent, envelope: object, tx: AsyncConnection) -> None:
        await tx.execute(
            text("INSERT INTO effects VALUES (:event_id, :subject, :version, :amount)"),
            {
                "event_id": getattr(envelope, "event_id", None),
                "subject": event.subject,
                "version": event.version,
                "amount": event.amount,
            },
        )

    return handle
