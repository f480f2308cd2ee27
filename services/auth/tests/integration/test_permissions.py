"""Who may call what: nobody, a user, an administrator."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from services.auth.tests.api import bearer, me, refresh, signed_in

SOMEONE = UUID("01900000-0000-7000-8000-000000000001")
FOR_ADMINISTRATORS = [
    ("GET", "/api/v1/users", 200),
    ("GET", f"/api/v1/users/{SOMEONE}", 404),
    ("GET", "/api/v1/roles", 200),
    ("PUT", f"/api/v1/users/{SOMEONE}/roles/admin", 404),
    ("DELETE", f"/api/v1/users/{SOMEONE}/roles/admin", 404),
    ("POST", f"/api/v1/users/{SOMEONE}/suspend", 422),
    ("POST", f"/api/v1/users/{SOMEONE}/reinstate", 422),
    ("POST", "/api/v1/organizations", 422),
    ("PATCH", f"/api/v1/organizations/{SOMEONE}", 422),
    ("PUT", f"/api/v1/organizations/{SOMEONE}/members/{SOMEONE}", 404),
    ("DELETE", f"/api/v1/organizations/{SOMEONE}/members/{SOMEONE}", 404),
]
FOR_EVERYONE_SIGNED_IN = [
    ("GET", "/api/v1/users/me", 200),
    ("GET", "/api/v1/auth/sessions", 200),
    ("DELETE", f"/api/v1/auth/sessions/{SOMEONE}", 404),
    ("GET", "/api/v1/organizations", 200),
]


@pytest.mark.parametrize(("method", "path", "status"), FOR_ADMINISTRATORS)
async def test_for_administrators(
    client: httpx.AsyncClient, admin: dict[str, Any], method: str, path: str, status: int
) -> None:
    user = await signed_in(client)
    assert (await client.request(method, path)).status_code == 401
    refused = await client.request(method, path, headers=bearer(user))
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/forbidden")
    assert (await client.request(method, path, headers=bearer(admin))).status_code == status


@pytest.mark.parametrize(("method", "path", "status"), FOR_EVERYONE_SIGNED_IN)
async def test_for_everyone_signed_in(client: httpx.AsyncClient, method: str, path: str, status: int) -> None:
    user = await signed_in(client)
    assert (await client.request(method, path)).status_code == 401
    assert (await client.request(method, path, headers=bearer(user))).status_code == status


def test_the_tables_above_name_every_route_that_needs_a_token(client: httpx.AsyncClient) -> None:
    transport: Any = client._transport
    paths: dict[str, dict[str, Any]] = transport.app.openapi()["paths"]
    guarded = {
        (method.upper(), path) for path, calls in paths.items() for method, call in calls.items() if "security" in call
    }
    tabled = {
        (method, path.replace(str(SOMEONE), "{}")) for method, path, _ in FOR_ADMINISTRATORS + FOR_EVERYONE_SIGNED_IN
    }
    tabled.add(("DELETE", "/api/v1/auth/sessions"))  # tried in the journey: nobody is signed in after it
    assert {(method, _without_names(path)) for method, path in guarded} == {
        (method, path.replace("roles/admin", "roles/{}")) for method, path in tabled
    }


def _without_names(path: str) -> str:
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))


async def test_a_role_shows_in_the_next_access_token(client: httpx.AsyncClient, admin: dict[str, Any]) -> None:
    tokens = await signed_in(client)
    user_id = (await me(client, tokens)).json()["id"]
    for _ in range(2):
        given = await client.put(f"/api/v1/users/{user_id}/roles/admin", headers=bearer(admin))
        assert given.status_code == 204
    assert (await client.get("/api/v1/users", headers=bearer(tokens))).status_code == 403
    tokens = (await refresh(client, tokens)).json()
    assert (await client.get("/api/v1/users", headers=bearer(tokens))).status_code == 200
    for _ in range(2):
        taken = await client.delete(f"/api/v1/users/{user_id}/roles/admin", headers=bearer(admin))
        assert taken.status_code == 204
    assert (await client.get("/api/v1/users", headers=bearer(tokens))).status_code == 401
    assert (await refresh(client, tokens)).json()["error"] == "invalid_grant"
    tokens = await signed_in(client)
    assert (await client.get("/api/v1/users", headers=bearer(tokens))).status_code == 403


async def test_a_role_that_nobody_knows_is_not_found(client: httpx.AsyncClient, admin: dict[str, Any]) -> None:
    user_id = (await me(client, admin)).json()["id"]
    answer = await client.put(f"/api/v1/users/{user_id}/roles/king", headers=bearer(admin))
    assert (answer.status_code, answer.json()["detail"]) == (404, "There is no role 'king'.")


async def test_administrators_find_users_page_by_page(client: httpx.AsyncClient, admin: dict[str, Any]) -> None:
    for number in range(5):
        await signed_in(client, f"driver{number}@example.com")
    page = await client.get("/api/v1/users?query=DRIVER&limit=2", headers=bearer(admin))
    seen = [each["email"] for each in page.json()["items"]]
    while following := page.json()["next"]:
        assert page.headers["link"] == f'<{following}>; rel="next"'
        page = await client.get(following, headers=bearer(admin))
        seen += [each["email"] for each in page.json()["items"]]
    assert seen == [f"driver{number}@example.com" for number in range(5)]
    assert "password" not in page.text
