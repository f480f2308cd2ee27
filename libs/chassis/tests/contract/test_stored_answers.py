"""One suite for stored answers, in memory and in PostgreSQL."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from parking_chassis.database import PoolSettings, create_engine
from parking_chassis.fakes.answers import InMemoryAnswers, StoredAnswer
from parking_chassis.sealing import CannotOpen, Sealer
from parking_chassis.stored_answers import CREATE_IDEMPOTENCY_TABLE, PostgresAnswers, idempotency_table
from parking_chassis.tables import service_metadata
from parking_kernel.repeatable import Answer, Answers, InFlight, KeyReused, RequestKey, once
from parking_platform.testing.servers import PostgresServer

pytestmark = pytest.mark.contract

KEY = RequestKey("driver:reservations", "key-1", b"fingerprint")
OTHER_BODY = RequestKey(KEY.scope, KEY.key, b"another")
CREATED = Answer(201, b'{"token": "secret"}')
REPLAYED = Answer(201, CREATED.body, replayed=True)
TABLE = idempotency_table(service_metadata())
OLD, NEW = bytes(32), bytes([1]) * 32


@dataclass(frozen=True)
class Store:
    """Opens a transaction with stored answers; `age` makes all that is stored so much older."""

    opened: Callable[[], AbstractAsyncContextManager[Answers]]
    age: Callable[[timedelta], Awaitable[None]]


def in_memory() -> Store:
    rows: dict[tuple[str, str], StoredAnswer] = {}
    running: set[tuple[str, str]] = set()
    now = datetime(2026, 3, 2, tzinfo=UTC)

    @asynccontextmanager
    async def opened() -> AsyncIterator[Answers]:
        draft = dict(rows)
        answers = InMemoryAnswers(draft, lambda: now, running)
        try:
            yield answers
            rows.clear()
            rows.update(draft)
        finally:
            answers.end()

    async def age(by: timedelta) -> None:
        nonlocal now
        now += by

    return Store(opened, age)


@pytest_asyncio.fixture
async def engine(postgres_server: PostgresServer) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(await postgres_server.create_database(), "chassis", PoolSettings(size=3, timeout=1))
    async with engine.begin() as connection:
        for statement in CREATE_IDEMPOTENCY_TABLE:
            await connection.execute(text(statement))
    yield engine
    await engine.dispose()


def in_postgres(engine: AsyncEngine, *keys: bytes) -> Store:
    @asynccontextmanager
    async def opened() -> AsyncIterator[Answers]:
        async with engine.begin() as connection:
            yield PostgresAnswers(connection, TABLE, Sealer(*keys))

    async def age(by: timedelta) -> None:
        async with engine.begin() as connection:
            older = """
                UPDATE idempotency_keys
                SET created_at = created_at - CAST(:by AS interval),
                    claimed_until = claimed_until - CAST(:by AS interval)
            """
            await connection.execute(text(older), {"by": by})

    return Store(opened, age)


@pytest.fixture(params=["in memory", "in PostgreSQL"])
def store(request: pytest.FixtureRequest) -> Store:
    return in_memory() if request.param == "in memory" else in_postgres(request.getfixturevalue("engine"), OLD)


async def answered(store: Store, key: RequestKey, answer: Answer = CREATED) -> None:
    async with store.opened() as answers:
        assert await answers.claim(key) is None
        await answers.store(key, answer)


async def test_the_first_answer_is_given_again(store: Store) -> None:
    await answered(store, KEY)
    async with store.opened() as answers:
        assert await answers.claim(KEY) == REPLAYED


async def test_a_key_is_its_scopes_own(store: Store) -> None:
    await answered(store, KEY)
    async with store.opened() as answers:
        assert await answers.claim(RequestKey("other:reservations", KEY.key, KEY.fingerprint)) is None


async def test_another_request_under_the_key_is_refused(store: Store) -> None:
    await answered(store, KEY)
    async with store.opened() as answers:
        with pytest.raises(KeyReused):
            await answers.claim(OTHER_BODY)


async def test_the_same_request_beside_it_is_in_flight_and_learns_so_at_once(store: Store) -> None:
    async with store.opened() as first:
        assert await first.claim(KEY) is None
        async with store.opened() as second:
            with pytest.raises(InFlight):
                await second.claim(KEY)


async def test_what_rolls_back_leaves_the_key_free(store: Store) -> None:
    async def fail() -> None:
        async with store.opened() as answers:
            await answers.claim(KEY)
            await answers.store(KEY, CREATED)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    await answered(store, KEY)


async def test_a_lease_outlives_its_transaction_until_it_is_over(store: Store) -> None:
    async with store.opened() as answers:
        assert await answers.claim(KEY, timedelta(seconds=30)) is None
    async with store.opened() as answers:
        with pytest.raises(InFlight):
            await answers.claim(KEY)
    async with store.opened() as answers:
        with pytest.raises(KeyReused):
            await answers.claim(OTHER_BODY)
    await store.age(timedelta(seconds=31))
    async with store.opened() as answers:
        assert await answers.claim(KEY, timedelta(seconds=30)) is None
    async with store.opened() as answers:
        await answers.store(KEY, CREATED)
    async with store.opened() as answers:
        assert await answers.claim(KEY) == REPLAYED


async def test_a_released_claim_is_free_and_an_answer_stays(store: Store) -> None:
    async with store.opened() as answers:
        await answers.claim(KEY, timedelta(seconds=30))
    async with store.opened() as answers:
        await answers.release(KEY)
    await answered(store, KEY)
    async with store.opened() as answers:
        await answers.release(KEY)
        assert await answers.claim(KEY) == REPLAYED


async def test_an_answer_is_never_replaced(store: Store) -> None:
    await answered(store, KEY)
    async with store.opened() as answers:
        await answers.store(KEY, Answer(500, b"{}"))
        assert await answers.claim(KEY) == REPLAYED


async def test_old_answers_are_purged_so_many_at_a_time(store: Store) -> None:
    for number in range(3):
        await answered(store, RequestKey(KEY.scope, f"old-{number}", b""))
    await store.age(timedelta(days=2))
    await answered(store, KEY)
    purged: list[int] = []
    while not purged or purged[-1]:
        async with store.opened() as answers:
            purged.append(await answers.purge(timedelta(days=1), 2))
    assert purged == [2, 1, 0]
    async with store.opened() as answers:
        assert await answers.claim(KEY) == REPLAYED


async def test_once_acts_once_for_each_key(store: Store) -> None:
    acted: list[str] = []

    async def act() -> Answer:
        acted.append("acted")
        return CREATED

    given: list[Answer] = []
    for key in (KEY, KEY, None, None):
        async with store.opened() as answers:
            given.append(await once(answers, key, act))
    assert given == [CREATED, REPLAYED, CREATED, CREATED]
    assert len(acted) == 3


async def test_what_is_stored_is_sealed_and_opens_under_a_rotated_key(engine: AsyncEngine) -> None:
    await answered(in_postgres(engine, OLD), KEY)
    async with engine.connect() as connection:
        body = (await connection.execute(text("SELECT body FROM idempotency_keys"))).scalar_one()
    assert b"secret" not in body
    async with in_postgres(engine, NEW, OLD).opened() as answers:
        assert await answers.claim(KEY) == REPLAYED
    async with in_postgres(engine, NEW).opened() as answers:
        with pytest.raises(CannotOpen):
            await answers.claim(KEY)


async def test_a_sealed_answer_opens_under_its_own_key_alone(engine: AsyncEngine) -> None:
    other = RequestKey(KEY.scope, "key-2", KEY.fingerprint)
    await answered(in_postgres(engine, OLD), KEY)
    await answered(in_postgres(engine, OLD), other)
    swap = "UPDATE idempotency_keys SET body = (SELECT body FROM idempotency_keys WHERE key = 'key-1')"
    async with engine.begin() as connection:
        await connection.execute(text(swap))
    async with in_postgres(engine, OLD).opened() as answers:
        with pytest.raises(CannotOpen):
            await answers.claim(other)


async def test_an_answer_from_before_sealing_is_given_again(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        row = "INSERT INTO idempotency_keys (scope, key, fingerprint, status, body) VALUES (:s, :k, :f, 201, :b)"
        values = {"s": KEY.scope, "k": KEY.key, "f": KEY.fingerprint, "b": CREATED.body}
        await connection.execute(text(row), values)
    async with in_postgres(engine, OLD).opened() as answers:
        assert await answers.claim(KEY) == REPLAYED
