"""What must not be disclosed: passwords and people, in logs, errors, events and metrics."""

from collections.abc import Iterator

import httpx
import pytest
from services.auth.tests.api import EMAIL, PASSWORD, bearer, me, refresh, register, sign_in
from services.auth.tests.installation import Database

from parking_platform.testing.logs import WrittenLogs, written_logs
from parking_platform.testing.servers import SchemaOwner


@pytest.fixture
def logged() -> Iterator[WrittenLogs]:
    """What the process writes, at the most talkative level."""
    with written_logs("auth", "DEBUG") as logs:
        yield logs


async def test_logs_name_ids_and_never_people_passwords_or_tokens(
    client: httpx.AsyncClient, logged: WrittenLogs
) -> None:
    await register(client, password="short")
    await register(client)
    tokens = (await sign_in(client)).json()
    await sign_in(client, password="a wrong password")
    fresh = (await refresh(client, tokens)).json()
    await refresh(client, tokens)
    await me(client, fresh)
    await client.get("/api/v1/users", params={"query": EMAIL}, headers=bearer(fresh))
    assert [line["context"]["route"] for line in logged.lines("request")].count("/api/v1/auth/token") == 4
    for secret in (PASSWORD, "short", "a wrong password", "Dora", EMAIL, "$2b$"):
        assert secret not in logged.text()
    for text in (*tokens.values(), *fresh.values()):
        if isinstance(text, str) and len(text) > 40 and " " not in text:
            assert text not in logged.text()


async def test_a_failing_statement_is_logged_without_its_parameters(
    client: httpx.AsyncClient, database: Database, logged: WrittenLogs, schema_owner: SchemaOwner
) -> None:
    await schema_owner.run("ALTER TABLE users RENAME COLUMN full_name TO name")
    answer = await register(client)
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/internal-error")
    assert answer.headers["x-request-id"] == answer.json()["request_id"]
    assert "full_name" not in answer.text
    assert "UndefinedColumnError" in logged.text()
    for secret in ("Dora", EMAIL, "$2b$"):
        assert secret not in logged.text()


async def test_events_hold_nothing_of_a_person(client: httpx.AsyncClient, database: Database) -> None:
    await register(client, phone_number="+41 44 123 45 67")
    await sign_in(client)
    rows = await database.fetch("SELECT outbox::text AS shown, payload FROM outbox")
    assert rows
    for row in rows:
        published = (row["shown"] + row["payload"].decode()).lower()
        for personal in ("dora", "example.com", "123 45", "$2b$", "python-httpx"):
            assert personal not in published
