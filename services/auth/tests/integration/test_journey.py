"""An account's life over HTTP."""

import httpx

PASSWORD = "correct horse battery"


async def register(client: httpx.AsyncClient, email: str = "driver@example.com") -> httpx.Response:
    return await client.post(
        "/api/v1/auth/register", json={"email": email, "password": PASSWORD, "full_name": "Dora Driver"}
    )


async def sign_in(client: httpx.AsyncClient, email: str = "driver@example.com") -> httpx.Response:
    form = {"grant_type": "password", "username": email, "password": PASSWORD}
    return await client.post("/api/v1/auth/token", data=form)


async def test_a_driver_registers_signs_in_and_sees_the_profile(client: httpx.AsyncClient) -> None:
    registered = await register(client)
    assert registered.status_code == 201, registered.text
    tokens = await sign_in(client)
    assert tokens.status_code == 200, tokens.text
    me = await client.get("/api/v1/users/me", headers={"Authorization": f"Bearer {tokens.json()['access_token']}"})
    assert me.status_code == 200, me.text
    assert me.json() == {
        "id": registered.json()["id"],
        "email": "driver@example.com",
        "full_name": "Dora Driver",
        "phone_number": None,
        "is_verified": False,
        "roles": ["user"],
        "permissions": ["read:own_data", "read:parking", "write:reservation"],
        "organizations": [],
    }
