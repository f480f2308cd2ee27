"""The list of signed-in devices: it pages as every list, and a device's name is one line of plain text."""

import httpx
import pytest
from services.auth.tests.api import EMAIL, PASSWORD, bearer, sign_in, signed_in

SESSIONS = "/api/v1/auth/sessions"
MORE = 4


async def test_a_users_devices_are_paged(client: httpx.AsyncClient) -> None:
    tokens = await signed_in(client)
    for _ in range(MORE):
        await sign_in(client)
    all_of_them = (await client.get(SESSIONS, headers=bearer(tokens))).json()
    assert (len(all_of_them["items"]), all_of_them["next"]) == (1 + MORE, None)
    paged, address = list[object](), f"{SESSIONS}?limit=2"
    while address:
        answer = await client.get(address, headers=bearer(tokens))
        page = answer.json()
        assert len(page["items"]) <= 2
        assert ("link" in answer.headers) is (page["next"] is not None)
        paged += page["items"]
        address = page["next"]
    assert paged == all_of_them["items"]
    assert [each["current"] for each in all_of_them["items"]] == [False] * MORE + [True]
    for query, pointer in (("limit=101", "query/limit"), ("cursor=x", "query/cursor")):
        wrong = await client.get(f"{SESSIONS}?{query}", headers=bearer(tokens))
        assert (wrong.status_code, [each["pointer"] for each in wrong.json()["errors"]]) == (422, [pointer])


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (b"Phone\x9b31m of\x85 Dora", "Phone31m of Dora"),
        (b" \x80\x9f ", ""),
        (b"x" * 300, "x" * 200),
        (b"Browser/1.0 (K\xf6ln)", "Browser/1.0 (K\u00f6ln)"),
    ],
)
async def test_what_a_device_calls_itself_holds_no_control_characters(
    client: httpx.AsyncClient, sent: bytes, shown: str
) -> None:
    await signed_in(client)
    form = {"grant_type": "password", "username": EMAIL, "password": PASSWORD}
    tokens = (await client.post("/api/v1/auth/token", data=form, headers=[(b"User-Agent", sent)])).json()
    devices = (await client.get(SESSIONS, headers=bearer(tokens))).json()["items"]
    assert devices[0]["device"] == shown
