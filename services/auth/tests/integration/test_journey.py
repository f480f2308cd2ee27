"""An account's life, as its owner sees it."""

import re

import httpx
from services.auth.tests.api import PASSWORD, bearer, me, refresh, register, sign_in
from services.auth.tests.installation import Mails


async def test_register_verify_sign_in_go_on_sign_out(
    client: httpx.AsyncClient, mails_to: Mails, new_address: str
) -> None:
    registered = await register(client, new_address, phone_number="+41 44 123 45 67")
    assert registered.status_code == 201
    expected = {
        "id": registered.json()["id"],
        "email": new_address,
        "full_name": "Dora Driver",
        "phone_number": "+41 44 123 45 67",
        "is_verified": False,
        "roles": ["user"],
    }
    assert registered.json() == expected

    (mail,) = await mails_to(new_address)
    assert mail["subject"] == "Confirm your e-mail address"
    (token,) = set(re.findall(r"[?]token=([\w-]+)", mail["text"] + mail["html"]))
    assert f"https://parking.test/verify-email?token={token}" in mail["text"]
    assert (await client.post("/api/v1/auth/verify-email", json={"token": token})).status_code == 204
    again = await client.post("/api/v1/auth/verify-email", json={"token": token})
    assert (again.status_code, again.json()["type"]) == (400, "/problems/invalid-mail-token")

    tokens = (await sign_in(client, new_address)).json()
    assert (await me(client, tokens)).json() == {
        **expected,
        "is_verified": True,
        "permissions": ["read:own_data", "read:parking", "write:reservation"],
        "organizations": [],
    }

    tokens = (await refresh(client, tokens)).json()
    assert (await me(client, tokens)).status_code == 200
    revoked = await client.post("/api/v1/auth/revoke", data={"token": tokens["refresh_token"]})
    assert revoked.status_code == 200
    assert (await me(client, tokens)).status_code == 401
    assert (await refresh(client, tokens)).status_code == 400


async def test_a_taken_address_is_not_disclosed_and_its_owner_gets_a_mail(
    client: httpx.AsyncClient, mails_to: Mails, new_address: str
) -> None:
    first = await register(client, new_address)
    (mail,) = await mails_to(new_address)
    token = re.findall(r"[?]token=([\w-]+)", mail["text"])[0]
    assert (await client.post("/api/v1/auth/verify-email", json={"token": token})).status_code == 204
    second = await register(client, new_address.upper(), full_name="Mallory", password="another password")
    assert first.status_code == second.status_code == 201
    assert first.headers.keys() == second.headers.keys()
    unlike = {name for name in first.json() if first.json()[name] != second.json()[name]}
    assert unlike == {"id", "full_name"}

    newest, oldest = await mails_to(new_address)
    assert (oldest["subject"], newest["subject"]) == ("Confirm your e-mail address", "You already have an account")
    assert "token=" not in newest["text"] + newest["html"]
    assert "Mallory" not in newest["text"] + newest["html"]
    assert (await sign_in(client, new_address, "another password")).status_code == 400
    assert (await sign_in(client, new_address)).status_code == 200


async def test_the_devices_of_a_user_are_seen_and_signed_out(client: httpx.AsyncClient) -> None:
    await register(client)
    client.headers["User-Agent"] = "a phone"
    phone = (await sign_in(client)).json()
    client.headers["User-Agent"] = "a tablet"
    tablet = (await sign_in(client)).json()

    devices = (await client.get("/api/v1/auth/sessions", headers=bearer(tablet))).json()
    assert devices["next"] is None
    assert [(each["device"], each["current"]) for each in devices["items"]] == [("a tablet", True), ("a phone", False)]

    phone_id = devices["items"][1]["id"]
    ended = await client.delete(f"/api/v1/auth/sessions/{phone_id}", headers=bearer(tablet))
    assert ended.status_code == 204
    assert (await me(client, phone)).status_code == 401
    assert (await refresh(client, phone)).status_code == 400
    again = await client.delete(f"/api/v1/auth/sessions/{phone_id}", headers=bearer(tablet))
    assert again.status_code == 404

    assert (await client.delete("/api/v1/auth/sessions", headers=bearer(tablet))).status_code == 204
    assert (await me(client, tablet)).status_code == 401


async def test_nobody_signs_out_somebody_elses_device(client: httpx.AsyncClient) -> None:
    await register(client)
    mine = (await sign_in(client)).json()
    await register(client, "mallory@example.com")
    foreign = (await sign_in(client, "mallory@example.com")).json()
    (device,) = (await client.get("/api/v1/auth/sessions", headers=bearer(mine))).json()["items"]
    refused = await client.delete(f"/api/v1/auth/sessions/{device['id']}", headers=bearer(foreign))
    assert refused.status_code == 404
    assert (await me(client, mine)).status_code == 200


async def test_blanks_belong_to_a_password(client: httpx.AsyncClient) -> None:
    await register(client, password="  two blanks  ")
    assert (await sign_in(client, password="  two blanks  ")).status_code == 200
    assert (await sign_in(client, password="two blanks")).status_code == 400


async def test_an_international_address_signs_in_in_every_spelling(client: httpx.AsyncClient) -> None:
    registered = await register(client, "Zo\u00eb@b\u00fccher.example")
    assert registered.json()["email"] == "zo\u00eb@b\u00fccher.example"
    for spelling in ("zo\u00eb@b\u00fccher.example", "ZOE\u0308@xn--bcher-kva.example"):
        assert (await sign_in(client, spelling, PASSWORD)).status_code == 200
