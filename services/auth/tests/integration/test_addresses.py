"""Who an e-mail address belongs to, another link for it, and wrong passwords, over HTTP."""

import re
from typing import Any
from uuid import UUID

import httpx
import pytest
from services.auth.tests.api import bearer, me, register, sign_in
from services.auth.tests.installation import Database, Mails

from auth_service.domain.attempts import SIGN_INS_TO_ACCOUNT
from auth_service.domain.users import SHARED_BY
from parking_events import UserUpdatedV1

VERIFY = "/api/v1/auth/verify-email"
RESEND = "/api/v1/auth/verify-email/resend"


def token_in(mail: dict[str, Any]) -> str:
    (token,) = set(re.findall(r"[?]token=([\w-]+)", mail["text"] + mail["html"]))
    return token


def lines_of(mail: dict[str, Any]) -> str:
    return mail["text"].replace("\r\n", "\n")


def token_of(name: str, mail: dict[str, Any]) -> str:
    """The one in the link of an account, in a mail to an address that several share."""
    made = rf"^{name}[.] The account was made on .*\n.*[?]token=([\w-]+)$"
    (token,) = re.findall(made, lines_of(mail), re.MULTILINE)
    (same,) = re.findall(rf"<p>{name}[.] The account was made on .*[?]token=([\w-]+)\"", mail["html"])
    assert token == same
    return token


async def test_a_foreign_address_registered_first_is_not_owned(
    client: httpx.AsyncClient, mails_to: Mails, new_address: str, database: Database
) -> None:
    first = await register(client, new_address, full_name="Mallory", password="the stranger's")
    stranger = (await sign_in(client, new_address, "the stranger's")).json()
    second = await register(client, new_address, password="the owner's own")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] != second.json()["id"]

    newest, _ = await mails_to(new_address)
    assert "2 accounts were registered with this e-mail address" in newest["text"]
    assert token_of("Mallory", newest) != token_of("Dora Driver", newest)
    assert re.search(r"The account was made on \d+ \w+ \d{4}, \d\d:\d\d UTC[.]", newest["text"])
    assert (await client.post(VERIFY, json={"token": token_of("Dora Driver", newest)})).status_code == 204

    owner = (await sign_in(client, new_address, "the owner's own")).json()
    mine, theirs = (await me(client, owner)).json(), (await me(client, stranger)).json()
    assert (mine["id"], mine["email"], mine["is_verified"]) == (second.json()["id"], new_address, True)
    assert (theirs["id"], theirs["email"], theirs["is_verified"]) == (first.json()["id"], None, False)
    assert (await sign_in(client, new_address, "the stranger's")).json()["error"] == "invalid_grant"
    (lost,) = await database.fetch("SELECT * FROM outbox WHERE type = 'parking.user.updated.v1'")
    event = UserUpdatedV1.from_json(lost["payload"])
    assert (event.user_id, event.changed, event.is_verified) == (UUID(theirs["id"]), ("email",), False)


async def test_who_registered_first_and_asks_for_a_link_gets_their_own(
    client: httpx.AsyncClient, mails_to: Mails, new_address: str
) -> None:
    client.headers["X-Forwarded-For"] = "192.0.2.1"
    mine = await register(client, new_address, password="the owner's own")
    client.headers["X-Forwarded-For"] = "192.0.2.66"
    await register(client, new_address, full_name="Mallory", password="the stranger's")
    assert (await client.post(RESEND, json={"email": new_address})).status_code == 204
    newest = (await mails_to(new_address))[0]
    for name, place in (("Dora Driver", "192.0.2.1"), ("Mallory", "192.0.2.66")):
        made = rf"^{name}[.] The account was made on .* UTC, from the network address {place}[.]$"
        assert re.search(made, lines_of(newest), re.MULTILINE)
    assert "Hello,\n" in lines_of(newest), "it is not known whom it greets"
    assert (await client.post(VERIFY, json={"token": token_of("Dora Driver", newest)})).status_code == 204
    owner = (await sign_in(client, new_address, "the owner's own")).json()
    assert (await me(client, owner)).json()["id"] == mine.json()["id"]
    assert (await sign_in(client, new_address, "the stranger's")).json()["error"] == "invalid_grant"


async def test_an_account_that_is_used_keeps_its_address_when_others_register_it(
    client: httpx.AsyncClient, new_address: str, database: Database
) -> None:
    await register(client, new_address, password="the owner's own")
    assert (await sign_in(client, new_address, "the owner's own")).status_code == 200
    assert await database.fetchval("SELECT has_signed_in FROM users")
    for number in range(SHARED_BY + 1):
        answer = await register(client, new_address, full_name="Mallory", password=f"the stranger's {number}")
        assert (answer.status_code, answer.json()["email"]) == (201, new_address)
    assert (await sign_in(client, new_address, "the owner's own")).status_code == 200
    assert await database.fetchval("SELECT count(*) FROM users WHERE email IS NOT NULL") == SHARED_BY


async def test_a_used_or_old_link_offers_a_new_one(
    client: httpx.AsyncClient, mails_to: Mails, new_address: str, database: Database
) -> None:
    await register(client, new_address)
    (mail,) = await mails_to(new_address)
    await database.execute("UPDATE mail_tokens SET expires_at = now() - interval '1 second'")
    old = await client.post(VERIFY, json={"token": token_in(mail)})
    assert (old.status_code, old.json()["type"], old.json()["resend"]) == (400, "/problems/invalid-mail-token", RESEND)
    assert "ask for a new one" in old.json()["detail"]

    assert (await client.post(old.json()["resend"], json={"email": new_address})).status_code == 204
    newest, _ = await mails_to(new_address)
    assert (await client.post(VERIFY, json={"token": token_in(newest)})).status_code == 204
    used = await client.post(VERIFY, json={"token": token_in(newest)})
    assert (used.status_code, used.json()["resend"]) == (400, RESEND)


async def test_another_link_is_answered_alike_for_every_address(
    client: httpx.AsyncClient, mails_to: Mails, new_address: str
) -> None:
    await register(client, new_address)
    (mail,) = await mails_to(new_address)
    await client.post(VERIFY, json={"token": token_in(mail)})
    for email in (new_address, f"nobody-{new_address}"):
        answer = await client.post(RESEND, json={"email": email})
        assert (answer.status_code, answer.content) == (204, b"")
    assert len(await mails_to(new_address)) == 1
    assert await mails_to(f"nobody-{new_address}") == []
    wrong = await client.post(RESEND, json={"email": "no address"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/email")


@pytest.mark.parametrize("is_known", [True, False])
async def test_wrong_passwords_in_a_row_wait_and_the_owner_gets_a_mail(
    client: httpx.AsyncClient, mails_to: Mails, new_address: str, is_known: bool
) -> None:
    if is_known:
        await register(client, new_address)
        await client.post(VERIFY, json={"token": token_in((await mails_to(new_address))[0])})
    for _ in range(SIGN_INS_TO_ACCOUNT.free):
        assert (await sign_in(client, new_address, "a wrong password")).json()["error"] == "invalid_grant"
    refused = await sign_in(client, new_address)
    assert (refused.status_code, refused.json()["type"]) == (429, "/problems/too-many-attempts")
    assert refused.headers["cache-control"] == "private, no-store"
    assert 1 <= int(refused.headers["retry-after"]) <= 5
    subjects = [mail["subject"] for mail in await mails_to(new_address)]
    assert subjects == (
        ["Somebody tried to sign in to your account", "Confirm your e-mail address"] if is_known else []
    )


async def test_the_network_address_is_the_gateways_word_and_of_ipv6_the_subscribers_network(
    client: httpx.AsyncClient, database: Database
) -> None:
    for number in range(3):
        client.headers["X-Forwarded-For"] = f"2001:db8:1:2::{number + 1}"
        await sign_in(client, f"nobody{number}@example.com", "a wrong password")
    del client.headers["X-Forwarded-For"]
    await sign_in(client, "nobody3@example.com", "a wrong password")
    counts = [row["count"] for row in await database.fetch("SELECT count FROM counted_attempts ORDER BY count")]
    assert counts == [1, 1, 1, 1, 3]
    shown = await database.fetchval("SELECT string_agg(counted_attempts::text, ' ') FROM counted_attempts")
    assert "nobody" not in shown, "addresses rest as hashes"
    assert "2001" not in shown


async def test_a_taken_name_of_an_unverified_account_shows_to_administrators(
    client: httpx.AsyncClient, admin: dict[str, Any], new_address: str
) -> None:
    for name in ("Mallory", "Dora"):
        await register(client, new_address, full_name=name)
    found = await client.get("/api/v1/users", params={"query": new_address}, headers=bearer(admin))
    assert [(each["full_name"], each["is_verified"]) for each in found.json()["items"]] == [
        ("Mallory", False),
        ("Dora", False),
    ]
