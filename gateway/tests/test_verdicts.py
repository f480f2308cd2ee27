"""Verdicts are cached, briefly and safely; keys are fetched seldom and survive auth's absence."""

import asyncio
import time
from collections.abc import AsyncIterator

import httpx
import pytest_asyncio
from gateway.tests.stand.gateway import Gateway, Starter
from gateway.tests.stand.processes import wait_for, wait_until
from gateway.tests.stand.services import JWKS_PATH, EchoService
from gateway.tests.stand.tokens import AUDIENCE, ISSUER, Issuer, bearer
from joserfc import jwt
from joserfc.jwk import OctKey

PATH = "/api/v1/reservations"


@pytest_asyncio.fixture
async def auth(services: dict[str, EchoService], issuer: Issuer) -> AsyncIterator[EchoService]:
    """Auth, reset after each test."""
    service = services["auth"]
    service.paths_asked.clear()
    yield service
    service.keys = issuer.jwks()


def times_keys_were_asked(auth: EchoService) -> int:
    return auth.paths_asked.count(JWKS_PATH)


async def test_verdict_is_kept_for_the_same_token_only(starter: Starter, issuer: Issuer):
    async with starter.running("kept") as gateway, gateway.client() as client:
        tokens = [issuer.token(), issuer.token(exp=1), issuer.token()]
        for token in tokens * 3:
            await client.get(PATH, headers=bearer(token))

        assert len(gateway.files("verdicts")) == len(tokens)


async def test_verdict_does_not_outlive_the_token(client: httpx.AsyncClient, issuer: Issuer):
    expires_at = int(time.time()) + 3
    token = issuer.token(exp=expires_at)
    statuses: list[tuple[bool, int]] = []

    async def is_refused() -> bool:
        is_expired = time.time() > expires_at
        statuses.append((is_expired, (await client.get(PATH, headers=bearer(token))).status_code))
        return statuses[-1][1] == 401

    await wait_for(is_refused, "the token to expire")

    assert statuses[0] == (False, 200)
    assert all(status == 401 for is_expired, status in statuses if is_expired)


async def test_no_token_lies_on_disk(starter: Starter, issuer: Issuer):
    async with starter.running("disk") as gateway, gateway.client() as client:
        good, bad = issuer.token(), issuer.token(aud="other")
        for token in (good, bad):
            await client.post(f"{PATH}?access_token={token}", headers=bearer(token), content=b"x" * 900_000)
        await wait_until(lambda: len(gateway.files("verdicts")) == 2, "both verdicts to be written")
        written = b"".join(path.read_bytes() for path in gateway.files("."))

    for token in (good, bad):
        for part in token.split("."):
            assert part.encode() not in written


async def test_keys_are_asked_once(starter: Starter, issuer: Issuer, auth: EchoService):
    async with starter.running("once") as gateway, gateway.client() as client:
        await asyncio.gather(*(client.get(PATH, headers=bearer(issuer.token())) for _ in range(20)))

    assert times_keys_were_asked(auth) == 1


async def test_the_token_does_not_travel_to_the_keys(starter: Starter, issuer: Issuer, auth: EchoService):
    """The keys' answer is shared by all, so nothing of one request goes there."""
    async with starter.running("travel") as gateway, gateway.client() as client:
        assert (await client.get(PATH, headers=bearer(issuer.token()))).status_code == 200

    assert auth.headers_at[JWKS_PATH] == {"host": "auth"}


async def test_forged_key_ids_cannot_hammer_auth(starter: Starter, issuer: Issuer, auth: EchoService):
    async with starter.running("forged") as gateway, gateway.client() as client:
        forged = [issuer.sign(issuer.header(kid=f"forged-{number}"), issuer.claims()) for number in range(40)]
        answers = await asyncio.gather(*(client.get(PATH, headers=bearer(token)) for token in forged))

    assert {answer.status_code for answer in answers} == {401}
    assert times_keys_were_asked(auth) <= 3


async def test_new_key_is_found_past_the_cache(starter: Starter, issuer: Issuer, auth: EchoService):
    new = Issuer.with_new_key("second")
    async with starter.running("rotated") as gateway, gateway.client() as client:
        assert (await client.get(PATH, headers=bearer(issuer.token()))).status_code == 200
        auth.keys = issuer.jwks(new)

        assert (await client.get(PATH, headers=bearer(new.token()))).status_code == 200
        assert (await client.get(PATH, headers=bearer(issuer.token()))).status_code == 200


async def check_unavailable(client: httpx.AsyncClient, token: str) -> None:
    answer = await client.get(PATH, headers=bearer(token))
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
    assert answer.json()["type"] == "/problems/service-unavailable"


async def test_without_keys_a_token_is_neither_good_nor_bad(starter: Starter, issuer: Issuer, auth: EchoService):
    auth.keys = None
    token = issuer.token()
    async with starter.running("away") as gateway, gateway.client() as client:
        await check_unavailable(client, token)
        assert (await client.get(PATH)).status_code == 200
        assert (await client.get(PATH, headers=bearer("a.b.c"))).status_code == 401
        auth.keys = issuer.jwks()

        async def is_judged() -> bool:
            return (await client.get(PATH, headers=bearer(token))).status_code == 200

        await wait_for(is_judged, "the keys to be asked again")


async def test_keys_that_are_known_serve_while_auth_is_away(starter: Starter, issuer: Issuer, auth: EchoService):
    async with starter.running("known") as gateway, gateway.client() as client:
        assert (await client.get(PATH, headers=bearer(issuer.token()))).status_code == 200
        auth.keys = None

        assert (await client.get(PATH, headers=bearer(issuer.token()))).status_code == 200
        # A key that is not known may be a new one: nobody can know now.
        await check_unavailable(client, Issuer.with_new_key("second").token())


async def test_nonsense_instead_of_keys_is_no_verdict(starter: Starter, issuer: Issuer, auth: EchoService):
    auth.keys = {"keys": "none"}
    async with starter.running("nonsense") as gateway, gateway.client() as client:
        await check_unavailable(client, issuer.token())


async def test_broken_judge_lets_no_token_through(starter: Starter, issuer: Issuer):
    async with starter.running("broken") as gateway, gateway.client() as client:
        gateway.socket.unlink()

        await check_unavailable(client, issuer.token())
        assert (await client.get(PATH)).status_code == 200


async def test_eddsa_is_left_to_the_service(starter: Starter, auth: EchoService):
    """njs cannot check it; what can be checked without the signature still is."""
    edwards = Issuer.edwards("edwards")
    auth.keys = edwards.jwks()
    async with starter.running("eddsa") as gateway, gateway.client() as client:
        assert (await client.get(PATH, headers=bearer(edwards.token()))).status_code == 200
        assert (await client.get(PATH, headers=bearer(edwards.token(exp=1)))).status_code == 401
        assert (await client.get(PATH, headers=bearer(edwards.token(aud="other")))).status_code == 401


async def test_check_can_be_switched_off_for_a_shared_secret(starter: Starter):
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "someone", "exp": int(time.time()) + 60}
    token = jwt.encode({"alg": "HS256", "typ": "at+jwt"}, claims, OctKey.import_key("s" * 32), algorithms=["HS256"])
    async with starter.running("off", TOKEN_CHECK="off") as gateway, gateway.client() as client:
        assert (await client.get(PATH, headers=bearer(token))).status_code == 200
    async with starter.running("mistyped", TOKEN_CHECK="of") as gateway, gateway.client() as client:
        assert (await client.get(PATH, headers=bearer(token))).status_code == 401


async def test_judge_is_not_reached_from_outside(gateway: Gateway, client: httpx.AsyncClient, issuer: Issuer):
    assert (await client.get("/judge", headers=bearer(issuer.token()))).status_code == 404
