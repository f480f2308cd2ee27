"""Auth's public API as a client uses it."""

from typing import Any

import httpx

EMAIL = "dora@example.com"
PASSWORD = "correct horse battery"


async def register(client: httpx.AsyncClient, email: object = EMAIL, **changes: object) -> httpx.Response:
    body = {"email": email, "password": PASSWORD, "full_name": "Dora Driver", **changes}
    return await client.post("/api/v1/auth/register", json=body)


async def sign_in(client: httpx.AsyncClient, email: str = EMAIL, password: str = PASSWORD) -> httpx.Response:
    form = {"grant_type": "password", "username": email, "password": password}
    return await client.post("/api/v1/auth/token", data=form)


async def refresh(client: httpx.AsyncClient, tokens: dict[str, Any]) -> httpx.Response:
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    return await client.post("/api/v1/auth/token", data=form)


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


async def me(client: httpx.AsyncClient, tokens: dict[str, Any]) -> httpx.Response:
    return await client.get("/api/v1/users/me", headers=bearer(tokens))


async def signed_in(client: httpx.AsyncClient, email: str = EMAIL) -> dict[str, Any]:
    """The tokens of a new login of a user who may have to be registered first."""
    answer = await sign_in(client, email)
    if answer.status_code != 200:
        await register(client, email)
        answer = await sign_in(client, email)
    assert answer.status_code == 200, answer.text
    return answer.json()
