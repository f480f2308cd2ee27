"""Ended logins, from the worker's transaction to the request that is refused, on a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from fastapi import APIRouter
from joserfc import jwt
from joserfc.jwk import OctKey
from prometheus_client import REGISTRY
from sqlalchemy import Connection, event, text
from sqlalchemy.ext.asyncio import AsyncEngine

from parking_chassis.access_tokens import AccessTokenVerifier, SharedSecret
from parking_chassis.app import create_app
from parking_chassis.database import PoolSettings, create_engine
from parking_chassis.ended_logins import (
    REMEMBERED,
    create_ended_logins,
    drop_ended_logins,
    ended_logins_table,
    note_ended_logins,
)
from parking_chassis.revocations import EndedLogins
from parking_chassis.security import SignedIn
from parking_chassis.tables import service_metadata
from parking_platform.testing.servers import PostgresServer
from parking_platform.testing.waiting import wait_until

MANY = 50_000
SECRET = "a secret of more than thirty-two characters"


class Recorded:
    """`alembic.op` without alembic."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def execute(self, sqltext: str, /) -> None:
        self.statements.append(sqltext)


@pytest_asyncio.fixture
async def engine(postgres_server: PostgresServer) -> AsyncIterator[AsyncEngine]:
    url = await postgres_server.create_database()
    engine = create_engine(url, "chassis", PoolSettings(size=5, timeout=1))
    made = Recorded()
    create_ended_logins(made)
    async with engine.begin() as connection:
        for statement in made.statements:
            await connection.execute(text(statement))
    yield engine
    await engine.dispose()


@pytest.fixture
def known(engine: AsyncEngine) -> EndedLogins:
    """What a serving process knows; it reads when the test says so."""
    return EndedLogins(engine)


async def end(engine: AsyncEngine, *login_ids: UUID, at: datetime | None = None) -> None:
    """What the worker does with the events of some ends."""
    async with engine.begin() as worker:
        await note_ended_logins(worker, [(each, at) for each in login_ids])


async def rows(engine: AsyncEngine, statement: str, **values: object) -> list[Any]:
    async with engine.begin() as connection:
        found = await connection.execute(text(statement), values)
        return list(found) if found.returns_rows else []


def known_of(logins: EndedLogins, ids: Iterable[UUID]) -> list[bool]:
    return [logins.has(str(each)) for each in ids]


async def test_the_migration_and_the_metadata_describe_the_same_table(engine: AsyncEngine) -> None:
    def differences(connection: Connection) -> list[Any]:
        metadata = service_metadata()
        ended_logins_table(metadata)
        options = {"compare_type": True, "compare_server_default": True}
        return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)

    async with engine.begin() as connection:
        assert await connection.run_sync(differences) == []
        await connection.execute(text("DROP INDEX ix_ended_logins_written_by"))
        await connection.execute(text("ALTER TABLE ended_logins ALTER written_by DROP DEFAULT"))
        assert len(await connection.run_sync(differences)) == 2
        dropped = Recorded()
        drop_ended_logins(dropped)
        for statement in dropped.statements:
            await connection.execute(text(statement))
        left = await connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        assert left.all() == []


async def test_a_login_that_ended_is_known_after_the_next_reading(engine: AsyncEngine, known: EndedLogins) -> None:
    first, second, third = uuid4(), uuid4(), uuid4()
    await end(engine, first)
    await known.refresh()
    await end(engine, second)
    assert known_of(known, (first, second, third)) == [True, False, False]
    await known.refresh()
    assert known_of(known, (first, second, third)) == [True, True, False]
    assert not known.has(None)


async def test_an_end_that_commits_late_is_not_lost(engine: AsyncEngine, known: EndedLogins) -> None:
    early, late = uuid4(), uuid4()
    async with engine.connect() as slow:
        await note_ended_logins(slow, [(early, None)])
        await end(engine, late)
        for _ in range(3):
            await known.refresh()
        assert known_of(known, (early, late)) == [False, True]
        await slow.commit()
    written = dict(await rows(engine, "SELECT login_id, written_by FROM ended_logins"))
    assert written[early] < written[late], "else a reader that goes by the highest number would have found it as well"
    await known.refresh()
    assert known_of(known, (early, late)) == [True, True]


async def test_writers_and_a_reader_at_once_lose_nothing(engine: AsyncEngine, known: EndedLogins) -> None:
    ids = [uuid4() for _ in range(200)]

    async def write(mine: list[UUID]) -> None:
        for each in mine:
            await end(engine, each)

    async def read(writing: "asyncio.Future[Any]") -> None:
        while not writing.done():
            await known.refresh()
        await known.refresh()

    writing = asyncio.gather(*(write(ids[number::3]) for number in range(3)))
    await asyncio.gather(writing, read(writing))
    assert all(known_of(known, ids))


async def test_more_than_a_batch_is_read_at_once(engine: AsyncEngine) -> None:
    ids = [uuid4() for _ in range(25)]
    await end(engine, *ids[:20])  # by one transaction: the second half of the key counts
    for each in ids[20:]:
        await end(engine, each)
    known = EndedLogins(engine, batch=4)
    published: list[str] = []
    known.on_end(published.extend)
    await known.refresh()
    assert all(known_of(known, ids))
    await known.refresh()
    assert sorted(published) == sorted(map(str, ids)), "each is published once, however often it is read"


async def test_a_repeat_changes_nothing_and_what_is_over_is_left_out(engine: AsyncEngine) -> None:
    login, long_ago, just_now = uuid4(), uuid4(), uuid4()
    now = datetime.now(UTC)
    await end(engine, login, at=now - timedelta(minutes=1))
    await end(engine, login, at=now)
    await end(engine, long_ago, at=now - REMEMBERED - timedelta(seconds=1))
    await end(engine, just_now, at=now - REMEMBERED + timedelta(minutes=1))
    kept = dict(await rows(engine, "SELECT login_id, expires_at FROM ended_logins"))
    assert set(kept) == {login, just_now}
    assert kept[login] == now - timedelta(minutes=1) + REMEMBERED


async def test_what_has_expired_is_purged_from_the_table_and_from_memory(engine: AsyncEngine) -> None:
    elapsed, ids = [0.0], [uuid4() for _ in range(5)]
    known = EndedLogins(engine, now=lambda: datetime.now(UTC).timestamp() + elapsed[0], elapsed=lambda: elapsed[0])
    await end(engine, *ids)
    await known.refresh()
    elapsed[0] = REMEMBERED.total_seconds() - 30
    await known.refresh()
    assert known.known == 5
    elapsed[0] = REMEMBERED.total_seconds() + 31
    await rows(engine, "UPDATE ended_logins SET expires_at = now() - interval '1 second'")
    await known.refresh()
    assert known.known == 0
    await end(engine, another := uuid4())
    assert [row[0] for row in await rows(engine, "SELECT login_id FROM ended_logins")] == [another]


async def test_without_the_database_it_goes_on_with_what_it_knows(
    engine: AsyncEngine, postgres_server: PostgresServer, known: EndedLogins
) -> None:
    before, meanwhile = uuid4(), uuid4()
    await end(engine, before)
    await known.refresh()
    name = engine.url.database
    failures = REGISTRY.get_sample_value("errors_total", {"where": "ended_logins"}) or 0
    await postgres_server.execute(
        f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false',
        f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'",
    )
    for _ in range(3):
        await known.refresh()
    assert known.has(str(before))
    assert REGISTRY.get_sample_value("errors_total", {"where": "ended_logins"}) == failures + 3
    was = known.age
    await postgres_server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    await end(engine, meanwhile)
    # As a server that took over and had lost the last transactions: its numbers begin below those that were read.
    await rows(engine, "UPDATE ended_logins SET written_by = 1 WHERE login_id = :login", login=meanwhile)
    await known.refresh()
    assert known_of(known, (before, meanwhile)) == [True, True]
    assert known.age < was


async def test_many_ended_logins_are_read_by_an_index(engine: AsyncEngine, known: EndedLogins) -> None:
    await rows(
        engine,
        "INSERT INTO ended_logins SELECT gen_random_uuid(), now() + interval '1 hour' FROM generate_series(1, :many)",
        many=MANY,
    )
    await rows(engine, "ANALYZE ended_logins")

    async def all_are_known() -> bool:
        await known.refresh()
        return known.known == MANY

    # A reading that the database keeps waiting for two seconds ends, and the next one begins again.
    await wait_until(all_are_known, "all of them to be read")
    statements = _statements_of(engine)
    await known.refresh()
    await end(engine, uuid4())
    plans = [await _plan(engine, *each) for each in statements]
    assert len(plans) == 3, "a reading, a note, a purge"
    assert [plan for plan in plans if "Seq Scan on ended_logins" in plan] == []


def _statements_of(engine: AsyncEngine) -> list[tuple[str, Any]]:
    """What goes to the database from now on."""
    seen: list[tuple[str, Any]] = []

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def _note(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        if "ended_logins" in statement and not statement.startswith("EXPLAIN"):
            seen.append((statement, parameters))

    return seen


async def _plan(engine: AsyncEngine, statement: str, parameters: Any) -> str:
    async with engine.connect() as connection:
        found = await connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
        return "\n".join(found.scalars())


@asynccontextmanager
async def serving(known: EndedLogins) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service that checks tokens, within its lifespan."""
    router = APIRouter()

    @router.get("/mine")
    async def mine(principal: SignedIn) -> str:
        return principal.subject

    verifier = AccessTokenVerifier(
        SharedSecret(SECRET), issuer="https://parking.test", audience="parking", algorithms=["HS256"], revocations=known
    )
    app = create_app("sample", "", routers=[router], problems={}, readiness={}, token_verifier=verifier)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://sample") as client,
    ):
        yield client


def bearer(login: UUID) -> dict[str, str]:
    now = int(datetime.now(UTC).timestamp())
    claims = {
        "iss": "https://parking.test", "aud": "parking", "sub": "dora", "client_id": "parking", "sid": str(login),
        "iat": now, "exp": now + 600,
    }  # fmt: skip
    token = jwt.encode({"alg": "HS256", "typ": "at+jwt"}, claims, OctKey.import_key(SECRET), algorithms=["HS256"])
    return {"Authorization": f"Bearer {token}"}


async def test_a_token_of_an_ended_login_is_refused_within_two_seconds(engine: AsyncEngine, known: EndedLogins) -> None:
    ended, other = uuid4(), uuid4()
    async with serving(known) as client:
        for each in (ended, other):
            assert (await client.get("/mine", headers=bearer(each))).status_code == 200
        await end(engine, ended)

        async def refused() -> httpx.Response | None:
            answer = await client.get("/mine", headers=bearer(ended))
            return answer if answer.status_code == 401 else None

        answer = await wait_until(refused, "the token to be refused", seconds=2)
        assert answer is not None
        assert answer.json()["type"] == "/problems/unauthenticated"
        assert (await client.get("/mine", headers=bearer(other))).status_code == 200
        metrics = (await client.get("/metrics")).text
        age = next(line.split()[1] for line in metrics.splitlines() if line.startswith("revocations_age_seconds "))
        assert 0 <= float(age) < 2
        assert "revocations_known 1.0" in metrics
    assert REGISTRY.get_sample_value("revocations_age_seconds") is None, "the gauge goes with the process that reads"


async def test_what_ended_before_the_start_is_refused_from_the_first_request(
    engine: AsyncEngine, known: EndedLogins
) -> None:
    await end(engine, ended := uuid4())
    async with serving(known) as client:
        assert (await client.get("/mine", headers=bearer(ended))).status_code == 401


class _Counted(EndedLogins):
    """Counts its readings."""

    readings = 0

    async def refresh(self) -> None:
        await super().refresh()
        self.readings += 1


async def test_nobody_is_refused_by_a_reader_that_does_not_read(engine: AsyncEngine, known: EndedLogins) -> None:
    """The negative control: what refuses is the reading."""
    idle = _Counted(engine, interval=3600)
    ended = uuid4()
    async with serving(idle) as client:
        # The loop reads at once when it starts; after that the next reading is an hour away.
        await wait_until(lambda: idle.readings == 2, "the loop's first reading")
        await end(engine, ended)
        await known.refresh()
        assert known.has(str(ended))
        assert (await client.get("/mine", headers=bearer(ended))).status_code == 200


async def test_a_reader_outlives_an_error_that_nobody_expected(engine: AsyncEngine) -> None:
    known = EndedLogins(engine, interval=0.01)
    broken = [True]

    def listener(_ids: object) -> None:
        if broken:
            broken.clear()
            raise LookupError("a listener that fails")

    known.on_end(listener)
    async with known.following():
        await end(engine, uuid4())
        await wait_until(lambda: not broken, "the failure")
        await end(engine, second := uuid4())
        await wait_until(lambda: known.has(str(second)), "the next reading")
