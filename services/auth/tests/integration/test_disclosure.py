"""What must not be told: passwords and people, in logs, errors, events and metrics."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import redirect_stdout

import httpx
import pytest
import structlog
from services.auth.tests.api import EMAIL, PASSWORD, bearer, me, refresh, register, sign_in, signed_in
from services.auth.tests.installation import Database

from parking_chassis.logs import configure_logs


class Output(io.TextIOWrapper):
    """What a process writes, as text or as bytes."""

    def __init__(self) -> None:
        self._written = io.BytesIO()
        super().__init__(self._written, encoding="utf-8")

    def getvalue(self) -> str:
        self.flush()
        return self._written.getvalue().decode()


@pytest.fixture
def logged() -> Iterator[Output]:
    """What the process writes, at the most talkative level."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers, root.level
    with redirect_stdout(Output()) as output:
        configure_logs("auth", "DEBUG")
        yield output
    root.handlers, root.level = handlers, level
    structlog.configure(**before)


async def test_logs_name_ids_and_never_people_passwords_or_tokens(client: httpx.AsyncClient, logged: Output) -> None:
    await register(client, password="short")
    tokens = await signed_in(client)
    await sign_in(client, password="a wrong password")
    fresh = (await refresh(client, tokens)).json()
    await refresh(client, tokens)
    await me(client, fresh)
    await client.get("/api/v1/users", params={"query": EMAIL}, headers=bearer(fresh))
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert [line["route"] for line in lines if line["event"] == "request"].count("/api/v1/auth/token") == 4
    for secret in (PASSWORD, "short", "a wrong password", "Dora", EMAIL, "$2b$"):
        assert secret not in logged.getvalue()
    for text in (*tokens.values(), *fresh.values()):
        if isinstance(text, str) and len(text) > 40 and " " not in text:
            assert text not in logged.getvalue()


async def test_a_failing_statement_is_logged_without_its_parameters(
    client: httpx.AsyncClient, database: Database, logged: Output
) -> None:
    await database.execute("ALTER TABLE users RENAME COLUMN full_name TO name")
    answer = await register(client)
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/internal-error")
    assert answer.headers["x-request-id"] == answer.json()["request_id"]
    assert "full_name" not in answer.text
    assert "UndefinedColumnError" in logged.getvalue()
    for secret in ("Dora", EMAIL, "$2b$"):
        assert secret not in logged.getvalue()


async def test_events_hold_nothing_of_a_person(client: httpx.AsyncClient, database: Database) -> None:
    await register(client, phone_number="+41 44 123 45 67")
    await sign_in(client)
    rows = await database.fetch("SELECT outbox::text AS shown, payload FROM outbox")
    assert rows
    for row in rows:
        told = (row["shown"] + row["payload"].decode()).lower()
        for personal in ("dora", "example.com", "123 45", "$2b$", "python-httpx"):
            assert personal not in told
