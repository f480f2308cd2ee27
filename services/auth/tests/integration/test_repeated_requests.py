"""An organization is made once for each `Idempotency-Key`, whatever became of the first answer on its way."""

import asyncio
from typing import Any

import httpx
import pytest_asyncio
from services.auth.tests.api import bearer, me, signed_in
from services.auth.tests.installation import Database

from auth_service.application.commands.purge_expired import PurgeExpired
from auth_service.bootstrap import Auth
from parking_platform.testing.waiting import wait_until

ORGANIZATIONS = "/api/v1/organizations"


@pytest_asyncio.fixture
async def administrator(client: httpx.AsyncClient, admin: dict[str, Any]) -> httpx.AsyncClient:
    """A client that asks as an administrator does."""
    client.headers.update(bearer(admin))
    return client


async def make(client: httpx.AsyncClient, key: str | None, name: str = "Acme") -> httpx.Response:
    headers = {"Idempotency-Key": key} if key is not None else {}
    return await client.post(ORGANIZATIONS, json={"name": name}, headers=headers)


async def made(database: Database) -> int:
    return await database.fetchval("SELECT count(*) FROM organizations")


async def test_the_same_request_gets_the_same_answer(administrator: httpx.AsyncClient, database: Database) -> None:
    first, again = await make(administrator, "one"), await make(administrator, "one")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    for name in ("location", "etag", "content-type"):
        assert again.headers[name] == first.headers[name]
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert await made(database) == 1
    events = "SELECT count(*) FROM outbox WHERE type = 'parking.organization.created.v1'"
    assert await database.fetchval(events) == 1


async def test_without_a_key_each_request_makes_one(administrator: httpx.AsyncClient, database: Database) -> None:
    first, second = await make(administrator, None), await make(administrator, None)
    assert first.json()["id"] != second.json()["id"]
    assert await made(database) == 2


async def test_the_key_of_another_request_is_refused(administrator: httpx.AsyncClient, database: Database) -> None:
    await make(administrator, "one")
    other = await make(administrator, "one", "Zenith")
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")
    assert other.json()["errors"][0]["pointer"] == "header/Idempotency-Key"
    assert await made(database) == 1


async def test_of_many_at_once_one_makes_it(administrator: httpx.AsyncClient, database: Database) -> None:
    answers = await asyncio.gather(*(make(administrator, "one") for _ in range(8)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    in_flight = [answer for answer in answers if answer.status_code == 409]
    assert {answer.json()["type"] for answer in in_flight} <= {"/problems/request-in-flight"}
    assert {answer.headers["retry-after"] for answer in in_flight} <= {"1"}
    assert await made(database) == 1


async def test_a_request_that_is_being_worked_on_is_in_flight(
    administrator: httpx.AsyncClient, auth: Auth, database: Database
) -> None:
    async def has_claimed() -> bool:
        """With its key claimed it waits for the table. Other tests' advisory locks are in the same cluster."""
        waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'organizations'::regclass AND NOT granted)"
        return bool(await database.fetchval(waits))

    async with auth.engine.connect() as connection, connection.begin():
        await connection.exec_driver_sql("LOCK TABLE organizations IN ACCESS EXCLUSIVE MODE")
        first = asyncio.create_task(make(administrator, "one"))
        await wait_until(has_claimed, "the first one to claim its key")
        second = await make(administrator, "one")
    assert (second.status_code, second.json()["type"]) == (409, "/problems/request-in-flight")
    assert (await first).status_code == 201


async def test_a_refused_request_leaves_the_key_free(administrator: httpx.AsyncClient, database: Database) -> None:
    assert (await make(administrator, "one", "")).status_code == 422
    assert (await make(administrator, "one")).status_code == 201
    assert [(await make(administrator, key)).status_code for key in ("", "x" * 256, "one\t")] == [422] * 3
    assert await made(database) == 1


async def test_a_key_belongs_to_the_user_who_sent_it(
    administrator: httpx.AsyncClient, admin: dict[str, Any], database: Database
) -> None:
    await make(administrator, "one")
    user_id = (await me(administrator, await signed_in(administrator, "bea@example.com"))).json()["id"]
    await administrator.put(f"/api/v1/users/{user_id}/roles/admin", headers=bearer(admin))
    administrator.headers.update(bearer(await signed_in(administrator, "bea@example.com")))
    another = await make(administrator, "one")
    assert (another.status_code, "idempotent-replayed" in another.headers) == (201, False)
    assert await made(database) == 2


async def test_without_the_permission_no_answer_is_given_again(
    administrator: httpx.AsyncClient, database: Database
) -> None:
    await make(administrator, "one")
    administrator.headers.update(bearer(await signed_in(administrator)))
    assert (await make(administrator, "one")).status_code == 403


async def test_stored_answers_are_sealed_and_purged_after_a_week(
    administrator: httpx.AsyncClient, auth: Auth, database: Database
) -> None:
    await make(administrator, "one", "Acme Parking")
    stored = await database.fetchval("SELECT body FROM idempotency_keys")
    assert b"Acme" not in stored
    await auth.use_cases.purge_expired(PurgeExpired())
    assert (await make(administrator, "one", "Acme Parking")).headers["idempotent-replayed"] == "true"
    await database.execute("UPDATE idempotency_keys SET created_at = now() - interval '7 days 1 second'")
    assert await auth.use_cases.purge_expired(PurgeExpired()) == 1
    assert "idempotent-replayed" not in (await make(administrator, "one", "Acme Parking")).headers


async def test_the_description_names_the_key_and_its_problems(client: httpx.AsyncClient) -> None:
    call = (await client.get("/openapi.json")).json()["paths"][ORGANIZATIONS]["post"]
    (key,) = [each for each in call["parameters"] if each["in"] == "header"]
    assert (key["name"], key["required"]) == ("Idempotency-Key", False)
    assert "idempotency key" in call["responses"]["422"]["description"]
    assert "being worked on" in call["responses"]["409"]["description"]
