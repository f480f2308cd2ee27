"""The token endpoint: OAuth 2, rotation, and what happens when a refresh token is stolen."""

import asyncio
from typing import Any

import httpx
import pytest
from services.auth.tests.api import EMAIL, PASSWORD, me, refresh, register, sign_in, signed_in
from services.auth.tests.installation import Database

TOKEN = "/api/v1/auth/token"


async def test_tokens_have_the_shape_of_rfc_6749(client: httpx.AsyncClient) -> None:
    await register(client)
    answer = await sign_in(client)
    assert answer.headers["cache-control"] == "private, no-store"
    body = answer.json()
    assert body.keys() == {"access_token", "token_type", "expires_in", "refresh_token", "scope"}
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 600)
    assert body["scope"] == "read:own_data read:parking write:reservation"


@pytest.mark.parametrize(
    ("form", "error", "pointer"),
    [
        ({}, "invalid_request", "/grant_type"),
        ({"grant_type": "password"}, "invalid_request", "/username"),
        ({"grant_type": "password", "username": EMAIL}, "invalid_request", "/password"),
        ({"grant_type": "password", "username": "a\0b", "password": "x"}, "invalid_request", "/username"),
        ({"grant_type": "password", "username": "x" * 1001, "password": "x"}, "invalid_request", "/username"),
        ({"grant_type": "refresh_token"}, "invalid_request", "/refresh_token"),
        ({"grant_type": "refresh_token", "refresh_token": "made up"}, "invalid_grant", None),
        ({"grant_type": "password", "username": EMAIL, "password": "x" * 1000}, "invalid_grant", None),
        ({"grant_type": "password", "username": "no address", "password": "x"}, "invalid_grant", None),
        ({"grant_type": "implicit"}, "unsupported_grant_type", None),
    ],
)
async def test_errors_have_the_shape_of_rfc_6749_and_of_a_problem(
    client: httpx.AsyncClient, form: dict[str, str], error: str, pointer: str | None
) -> None:
    answer = await client.post(TOKEN, data=form)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "private, no-store"
    body = answer.json()
    assert (body["error"], body["error_description"]) == (error, body["detail"])
    assert body.get("errors", [{"pointer": None}])[0]["pointer"] == pointer


async def test_json_is_no_form(client: httpx.AsyncClient) -> None:
    answer = await client.post(TOKEN, json={"grant_type": "password", "username": EMAIL, "password": PASSWORD})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    (error,) = answer.json()["errors"]
    assert error == {
        "pointer": "/",
        "detail": "must be a form: send application/x-www-form-urlencoded, not application/json",
    }
    assert answer.json()["error_description"] == f"The body {error['detail']}."


async def test_a_form_of_parts_that_ends_early_is_said_to_be_broken(client: httpx.AsyncClient) -> None:
    """Nobody reads the words of the library that reads forms."""
    for media_type in ("multipart/form-data", "multipart/form-data; boundary=b"):
        answer = await client.post(TOKEN, content=b"--x\r\nhello", headers={"Content-Type": media_type})
        assert answer.status_code in {400, 422}, answer.text
        assert answer.json()["errors"][0]["detail"] in {"must be a form whose parts are whole", "is required"}


async def test_a_wrong_password_and_an_unknown_address_look_the_same(client: httpx.AsyncClient) -> None:
    await register(client)
    wrong = await sign_in(client, password="wrong password")
    unknown = await sign_in(client, "nobody@example.com")
    assert wrong.status_code == unknown.status_code == 400
    assert wrong.headers.keys() == unknown.headers.keys()
    assert {**wrong.json(), "request_id": None} == {**unknown.json(), "request_id": None}


async def test_a_refresh_token_serves_once_and_its_reuse_ends_the_family(
    client: httpx.AsyncClient, database: Database
) -> None:
    stolen = await signed_in(client)
    other_device = (await sign_in(client)).json()
    fresh = (await refresh(client, stolen)).json()
    assert fresh["refresh_token"] != stolen["refresh_token"]
    assert (await me(client, fresh)).status_code == 200

    reused = await refresh(client, stolen)
    assert (reused.status_code, reused.json()["error"]) == (400, "invalid_grant")
    assert (await refresh(client, fresh)).status_code == 400
    for tokens in (stolen, fresh):
        assert (await me(client, tokens)).status_code == 401
    assert (await refresh(client, other_device)).status_code == 200
    events = await database.fetch("SELECT type FROM outbox WHERE aggregatetype = 'auth.session.v1' ORDER BY seq")
    assert [event["type"] for event in events] == [
        "parking.session.started.v1",
        "parking.session.started.v1",
        "parking.session.reuse_detected.v1",
    ]


async def test_of_twenty_at_once_one_wins_and_the_others_are_reuse(client: httpx.AsyncClient) -> None:
    """Nobody can know which of them was the thief, so the winner's login is over too."""
    tokens = await signed_in(client)
    answers = await asyncio.gather(*(refresh(client, tokens) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 19
    (winner,) = [answer.json() for answer in answers if answer.status_code == 200]
    assert (await me(client, winner)).status_code == 401
    assert (await refresh(client, winner)).status_code == 400
    assert (await me(client, (await sign_in(client)).json())).status_code == 200


async def test_only_hashes_of_refresh_tokens_are_kept(client: httpx.AsyncClient, database: Database) -> None:
    tokens = await signed_in(client)
    rows = await database.fetch("SELECT t::text AS shown, secret_hash FROM refresh_tokens t")
    assert len(rows) == 1
    assert tokens["refresh_token"] not in rows[0]["shown"]
    assert tokens["refresh_token"].encode() != rows[0]["secret_hash"]


async def test_revoking_what_nobody_knows_is_no_error_but_nothing_is(client: httpx.AsyncClient) -> None:
    unknown = await client.post("/api/v1/auth/revoke", data={"token": "unknown", "token_type_hint": "access_token"})
    assert unknown.status_code == 200
    missing = await client.post("/api/v1/auth/revoke", data={})
    assert (missing.status_code, missing.json()["error"]) == (400, "invalid_request")


async def test_a_suspended_user_is_out_at_once(client: httpx.AsyncClient, admin: dict[str, Any]) -> None:
    tokens = await signed_in(client)
    user_id = (await me(client, tokens)).json()["id"]
    headers = {"Authorization": f"Bearer {admin['access_token']}"}
    for _ in range(2):
        suspended = await client.post(f"/api/v1/users/{user_id}/suspend", json={"reason": "abuse"}, headers=headers)
        assert suspended.status_code == 204
    assert (await me(client, tokens)).status_code == 401
    assert (await refresh(client, tokens)).status_code == 400
    assert (await sign_in(client)).json()["error_description"].startswith("This account is suspended.")
    closed = await sign_in(client, password="wrong password")
    unknown = await sign_in(client, email="nobody@example.com", password="wrong password")
    assert {**closed.json(), "request_id": None} == {**unknown.json(), "request_id": None}


@pytest.mark.parametrize(
    ("header", "challenge"),
    [
        (None, "Bearer"),
        ("Basic ZG9yYTpwYXNz", "Bearer"),
        ("Bearer", "Bearer"),
        ("Bearer nonsense", 'Bearer error="invalid_token"'),
        ("Bearer a.b.c", 'Bearer error="invalid_token"'),
    ],
)
async def test_without_a_good_token_the_answer_says_how_to_get_in(
    client: httpx.AsyncClient, header: str | None, challenge: str
) -> None:
    answer = await client.get("/api/v1/users/me", headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == challenge
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/unauthenticated"
