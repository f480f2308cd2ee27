"""Bad input is refused with the field and the rule, and never with a 5xx."""

import base64
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

import httpx
import pytest
from services.auth.tests.api import bearer, register, signed_in

from auth_service.adapters.crypto.passwords import BcryptPasswords
from auth_service.bootstrap import Auth

REGISTER = "/api/v1/auth/register"


@pytest.mark.parametrize(
    ("changes", "pointer", "rule"),
    [
        ({"colour": "red"}, "/colour", "is no field of this request"),
        ({"email": "no address"}, "/email", "email address"),
        ({"email": "dora@localhost"}, "/email", "email address"),
        ({"email": "x" * 250 + "@example.com"}, "/email", "email address"),
        ({"email": None}, "/email", "string"),
        ({"password": "9 chars!!"}, "/password", "at least 10"),
        ({"password": "PassWord1234"}, "/password", "everybody tries first"),
        ({"password": "1234567890"}, "/password", "everybody tries first"),
        ({"password": "abcdefghij"}, "/password", "several words"),
        ({"password": "passwordpassword"}, "/password", "several words"),
        ({"password": " " * 10}, "/password", "several words"),
        ({"password": "tab\there, and so on"}, "/password", "U+0009 (RFC 8265)"),
        ({"password": "x" * 73}, "/password", "at most 72 bytes"),
        ({"password": "\u00e9" * 37}, "/password", "at most 72 bytes"),
        ({"password": "with\0nul!"}, "/password", "NUL"),
        ({"password": 12345678}, "/password", "string"),
        ({"password": "dora@example.com"}, "/password", "e-mail"),
        ({"full_name": ""}, "/full_name", "at least 1"),
        ({"full_name": "   "}, "/full_name", "at least 1"),
        ({"full_name": "x" * 201}, "/full_name", "at most 200"),
        ({"full_name": "Dora\r\nBcc: all@example.com"}, "/full_name", "must be one line"),
        ({"full_name": "Do\0ra"}, "/full_name", "must be one line"),
        ({"phone_number": "call me"}, "/phone_number", "such as +41 44 123 45 67"),
    ],
)
async def test_a_registration_that_breaks_a_rule(
    client: httpx.AsyncClient, changes: dict[str, object], pointer: str, rule: str
) -> None:
    answer = await register(client, **changes)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    (error,) = answer.json()["errors"]
    assert error["pointer"] == pointer
    assert rule in error["detail"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe"])
async def test_a_body_that_is_no_object(client: httpx.AsyncClient, content: bytes) -> None:
    answer = await client.post(REGISTER, content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/invalid-request"


async def test_a_refused_password_is_not_repeated(client: httpx.AsyncClient) -> None:
    answer = await register(client, password="s3cret")
    assert "s3cret" not in answer.text


def cursor(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize("path", ["/api/v1/users", "/api/v1/organizations"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "0"),
        ("limit", "101"),
        ("limit", "many"),
        ("cursor", "nonsense"),
        ("cursor", cursor(["no id"])),
        ("cursor", cursor([])),
        ("cursor", cursor({"id": 1})),
    ],
)
async def test_a_page_that_cannot_be(
    client: httpx.AsyncClient, admin: dict[str, Any], path: str, name: str, value: str
) -> None:
    answer = await client.get(path, params={name: value}, headers=bearer(admin))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == f"query/{name}"


async def test_a_search_for_what_no_text_can_hold(client: httpx.AsyncClient, admin: dict[str, Any]) -> None:
    answer = await client.get("/api/v1/users", params={"query": "a\0b"}, headers=bearer(admin))
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request")


@pytest.mark.parametrize(
    ("method", "path", "pointer"),
    [
        ("GET", "/api/v1/users/42", "path/user_id"),
        ("POST", "/api/v1/users/42/suspend", "path/user_id"),
        ("PUT", "/api/v1/users/42/roles/admin", "path/user_id"),
        ("DELETE", "/api/v1/auth/sessions/42", "path/login_id"),
        ("DELETE", "/api/v1/organizations/42/members/42", "path/organization_id"),
    ],
)
async def test_an_id_that_is_none(
    client: httpx.AsyncClient, admin: dict[str, Any], method: str, path: str, pointer: str
) -> None:
    answer = await client.request(method, path, headers=bearer(admin))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [
        ("GET", "/api/v1/nowhere", 404, "not-found"),
        ("GET", REGISTER, 405, "method-not-allowed"),
        ("HEAD", "/api/v1/auth/jwks.json", 405, "method-not-allowed"),
        ("OPTIONS", "/api/v1/auth/token", 405, "method-not-allowed"),
    ],
)
async def test_what_is_not_there_is_a_problem_too(
    client: httpx.AsyncClient, method: str, path: str, status: int, slug: str
) -> None:
    answer = await client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert ("allow" in answer.headers) == (status == 405)
    if method != "HEAD":
        assert answer.json()["type"] == f"/problems/{slug}"


async def test_too_many_passwords_at_once_are_429_with_a_time_to_come_back(
    auth: Auth, client_for: Callable[[Auth], AbstractAsyncContextManager[httpx.AsyncClient]]
) -> None:
    full = BcryptPasswords(cost=4, max_waiting=0)
    sign_in = replace(auth.use_cases.sign_in, passwords=full)
    register_user = replace(auth.use_cases.register_user, passwords=full)
    busy = replace(auth, use_cases=replace(auth.use_cases, sign_in=sign_in, register_user=register_user))
    async with client_for(busy) as client:
        form = {"grant_type": "password", "username": "dora@example.com", "password": "correct horse"}
        for answer in (await client.post("/api/v1/auth/token", data=form), await register(client)):
            assert (answer.status_code, answer.json()["type"]) == (429, "/problems/too-busy")
            assert int(answer.headers["retry-after"]) > 0
    full.close()


async def test_a_user_without_the_permission_learns_nothing_of_cursors(client: httpx.AsyncClient) -> None:
    """What is forbidden is not looked at."""
    tokens = await signed_in(client)
    answer = await client.get("/api/v1/users", params={"query": "a"}, headers=bearer(tokens))
    assert answer.status_code == 403
