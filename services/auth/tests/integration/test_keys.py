"""The signing keys: sealed, published, rotated, and what they sign checked as the other services check it."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from services.auth.tests.api import me, signed_in
from services.auth.tests.installation import ISSUER, Database, settings_for

from auth_service.application.commands.reseal_signing_keys import ResealSigningKeys
from auth_service.application.commands.rotate_signing_keys import RotateSigningKeys
from auth_service.bootstrap import Auth, bootstrap
from auth_service.entrypoints.http.app import auth_app
from auth_service.settings import AuthSettings
from parking_chassis.access_tokens import AccessTokenVerifier, InvalidToken, PublishedKeys, SharedSecret, SigningKeys
from parking_chassis.sealing import CannotOpen, Sealer
from parking_platform.ports import LOOPBACK, free_port
from parking_platform.testing.waiting import wait_until

JWKS = "/api/v1/auth/jwks.json"
Clients = Callable[[Auth], AbstractAsyncContextManager[httpx.AsyncClient]]


def checked_by(keys: SigningKeys, *algorithms: str) -> AccessTokenVerifier:
    """How another service checks tokens."""
    return AccessTokenVerifier(keys, issuer=ISSUER, audience="parking", algorithms=algorithms or ("ES256", "Ed25519"))


def header_of(tokens: dict[str, Any]) -> dict[str, str]:
    header = tokens["access_token"].split(".")[0]
    return json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))


async def age_keys(database: Database, minutes: int) -> None:
    """Let time pass for the keys."""
    await database.execute(f"UPDATE signing_keys SET created_at = created_at - interval '{minutes} minutes'")


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """The app on a real port."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, host=LOOPBACK, port=port, log_config=None, lifespan="off"))
    running = asyncio.create_task(server.serve())

    await wait_until(lambda: server.started, "the server")
    yield f"http://{LOOPBACK}:{port}"
    server.should_exit = True
    await running


async def test_the_key_set_holds_public_halves_alone(client: httpx.AsyncClient) -> None:
    answer = await client.get(JWKS)
    assert answer.headers["cache-control"] == "public, max-age=300"
    (key,) = answer.json()["keys"]
    assert key.keys() == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    assert (key["kty"], key["crv"], key["use"], key["alg"]) == ("EC", "P-256", "sig", "ES256")


async def test_another_service_checks_tokens_with_the_published_keys(
    auth: Auth, client: httpx.AsyncClient, admin: dict[str, Any]
) -> None:
    tokens = await signed_in(client)
    async with served(auth_app(auth)) as url, httpx.AsyncClient(trust_env=False) as http:
        judge = checked_by(PublishedKeys(http, url + JWKS))
        principal = await judge.verify(tokens["access_token"])
        administrator = await judge.verify(admin["access_token"])
    assert principal.subject == (await me(client, tokens)).json()["id"]
    assert principal.permissions == set(tokens["scope"].split())
    assert principal.client_id == "parking"
    assert principal.login_id is not None
    assert administrator.may("anything:at-all")


async def test_a_new_key_is_published_before_it_signs_and_an_old_one_until_its_tokens_are_over(
    auth: Auth, client: httpx.AsyncClient, client_for: Clients, settings: AuthSettings, database: Database
) -> None:
    async def key_that_signs() -> str:
        """As a process sees it that remembers nothing."""
        fresh = bootstrap(settings)
        async with client_for(fresh) as fresh_client:
            kid = header_of(await signed_in(fresh_client))["kid"]
        fresh.passwords.close()
        await fresh.engine.dispose()
        return kid

    async def published() -> set[str]:
        return {key["kid"] for key in (await client.get(JWKS)).json()["keys"]}

    tokens = await signed_in(client)
    old = header_of(tokens)["kid"]
    await auth.use_cases.rotate_signing_keys(RotateSigningKeys(now=True))
    (new,) = await published() - {old}
    assert await key_that_signs() == old

    await age_keys(database, minutes=15)
    await auth.use_cases.rotate_signing_keys(RotateSigningKeys())
    assert await published() == {old, new}
    assert await key_that_signs() == new
    async with served(auth_app(auth)) as url, httpx.AsyncClient(trust_env=False) as http:
        await checked_by(PublishedKeys(http, url + JWKS)).verify(tokens["access_token"])

        await age_keys(database, minutes=12)
        await auth.use_cases.rotate_signing_keys(RotateSigningKeys())
        assert await published() == {new}
        with pytest.raises(InvalidToken):
            await checked_by(PublishedKeys(http, url + JWKS)).verify(tokens["access_token"])


async def test_private_keys_are_sealed_with_the_master_key(auth: Auth, database: Database) -> None:
    row = await database.fetchrow("SELECT * FROM signing_keys")
    assert row is not None
    sealed, purpose = row["sealed_private_key"], row["key_id"]
    assert b"PRIVATE" not in sealed
    assert b"PRIVATE" in Sealer(bytes(32)).open(sealed, purpose)
    for other in (Sealer(b"x" * 32), Sealer(bytes(32))):
        with pytest.raises(CannotOpen):
            other.open(sealed[:-1] + bytes([sealed[-1] ^ 1]), purpose)
    with pytest.raises(CannotOpen):
        Sealer(b"x" * 32).open(sealed, purpose)
    with pytest.raises(CannotOpen):
        Sealer(bytes(32)).open(sealed, "another place")


async def test_the_master_key_is_rotated_with_old_and_new_side_by_side(
    auth: Auth, client_for: Clients, database_url: str, database: Database
) -> None:
    """Old, then new before old, then the command, then new alone: each signs, and what each signed counts."""
    old, new = (base64.b64encode(key).decode() for key in (bytes(32), b"n" * 32))
    tokens: list[dict[str, Any]] = []

    async def signs(master_key: str, *, reseals: int | None = None) -> None:
        wired = bootstrap(settings_for(database_url, master_key=master_key))
        async with client_for(wired) as client:
            email = f"{len(tokens)}@example.com"
            tokens.append(await signed_in(client, email))
            assert [(await me(client, each)).status_code for each in tokens] == [200] * len(tokens)
            if reseals is not None:
                assert await wired.use_cases.reseal_signing_keys(ResealSigningKeys()) == reseals
        wired.passwords.close()
        await wired.engine.dispose()

    await signs(old)
    await signs(f"{new},{old}")
    row = await database.fetchrow("SELECT * FROM signing_keys")
    assert row is not None
    with pytest.raises(CannotOpen):  # else the command would have nothing to do
        Sealer(b"n" * 32).open(row["sealed_private_key"], row["key_id"])
    await signs(f"{new},{old}", reseals=1)
    await signs(new)
    wrong = bootstrap(settings_for(database_url, master_key=old))
    with pytest.raises(CannotOpen):
        await wired_signing(wrong)


async def wired_signing(auth: Auth) -> None:
    """What keeps a process from signing."""
    try:
        await auth.check_signing()
    finally:
        auth.passwords.close()
        await auth.engine.dispose()


async def test_a_wrong_master_key_makes_a_process_not_ready_and_says_why(
    auth: Auth, client_for: Clients, database_url: str
) -> None:
    wrong = bootstrap(settings_for(database_url, master_key=base64.b64encode(b"x" * 32).decode()))
    async with client_for(wrong) as client:
        answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {
        "database": "ok",
        "signing_key": "CannotOpen: sealed with another master key, or altered since",
    }
    wrong.passwords.close()
    await wrong.engine.dispose()


async def test_an_installation_with_one_secret_signs_and_checks_with_it(database_url: str, client_for: Clients) -> None:
    secret = "one secret for the whole installation"
    single = bootstrap(settings_for(database_url, token_algorithms=("HS256",), token_shared_secret=secret))
    async with client_for(single) as client:
        tokens = await signed_in(client)
        assert (await me(client, tokens)).status_code == 200
        assert header_of(tokens) == {"alg": "HS256", "typ": "at+jwt"}
        assert (await checked_by(SharedSecret(secret), "HS256").verify(tokens["access_token"])).may("read:parking")
        with pytest.raises(InvalidToken):
            await checked_by(SharedSecret("another secret, just as long as it"), "HS256").verify(tokens["access_token"])
    single.passwords.close()
    await single.engine.dispose()
