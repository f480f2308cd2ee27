"""Limits count by the verified subject, by the address where there is none, and by the route where it has its own."""

import asyncio
import time
from collections import Counter

import httpx
import pytest
from gateway.tests.stand.gateway import Starter
from gateway.tests.stand.processes import wait_for
from gateway.tests.stand.services import EchoService
from gateway.tests.stand.tokens import Issuer, bearer

PATH = "/api/v1/parking-lots"
BOOKINGS = "/api/v1/reservations"
# A bucket of three requests, refilled so slowly that no test sees it happen.
NARROW = {"": "1", "_BURST": "2"}


def narrow(bucket: str) -> dict[str, str]:
    return {f"RATE_{bucket}{kind}": value for kind, value in NARROW.items()}


async def statuses(
    client: httpx.AsyncClient, method: str, path: str, headers: dict[str, str], times: int = 6
) -> Counter:
    answers = await asyncio.gather(*(client.request(method, path, headers=headers) for _ in range(times)))
    return Counter(answer.status_code for answer in answers)


def check_limited(answer: httpx.Response, bucket: str, seconds: str = "60") -> None:
    assert answer.status_code == 429
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == seconds
    assert answer.headers["ratelimit"] == f'"{bucket}";r=0;t={seconds}'
    assert answer.headers["ratelimit-policy"].startswith(f'"{bucket}";q=')
    assert answer.json()["type"] == "/problems/too-many-requests"


async def test_each_subject_has_its_own_bucket(starter: Starter, issuer: Issuer):
    async with starter.running("subjects", **narrow("SUBJECT")) as gateway, gateway.client() as client:
        one, other = (bearer(issuer.token(sub=name)) for name in ("one", "other"))

        assert await statuses(client, "GET", PATH, one) == {200: 3, 429: 3}
        assert await statuses(client, "GET", PATH, other) == {200: 3, 429: 3}
        assert await statuses(client, "GET", PATH, {}) == {200: 6}
        check_limited(await client.get(PATH, headers=one), "subject")


async def test_another_token_of_the_subject_shares_its_bucket(starter: Starter, issuer: Issuer):
    async with starter.running("shared", **narrow("SUBJECT")) as gateway, gateway.client() as client:
        for _ in range(3):
            assert (await client.get(PATH, headers=bearer(issuer.token()))).status_code == 200

        check_limited(await client.get(PATH, headers=bearer(issuer.token())), "subject")


async def test_forged_tokens_take_nothing_from_their_victim(starter: Starter, issuer: Issuer):
    forger = Issuer(Issuer.with_new_key("first").key)
    async with starter.running("forger", **narrow("SUBJECT")) as gateway, gateway.client() as client:
        for _ in range(10):
            assert (await client.get(PATH, headers=bearer(forger.token()))).status_code == 401

        assert await statuses(client, "GET", PATH, bearer(issuer.token())) == {200: 3, 429: 3}


async def test_without_a_token_the_address_counts(starter: Starter, issuer: Issuer):
    async with starter.running("address", **narrow("ADDRESS")) as gateway, gateway.client() as client:
        assert await statuses(client, "GET", PATH, {"X-Forwarded-For": "203.0.113.9"}) == {200: 3, 429: 3}
        check_limited(await client.get(PATH), "address")
        check_limited(await client.get("/api/openapi.json"), "address")
        assert await statuses(client, "GET", PATH, bearer(issuer.token())) == {200: 6}


@pytest.mark.parametrize(
    ("bucket", "path"),
    [
        ("sign_in", "/api/v1/auth/token"),
        ("registration", "/api/v1/auth/register"),
        ("password", "/api/v1/auth/password/forgot"),
        ("password", "/api/v1/auth/password/reset"),
        ("password", "/api/v1/auth/verify-email"),
        ("password", "/api/v1/auth/verify-email/resend"),
    ],
)
async def test_credentials_are_limited_by_address(starter: Starter, issuer: Issuer, bucket: str, path: str):
    name = path.replace("/", "-")
    async with starter.running(name, **narrow(bucket.upper())) as gateway, gateway.client() as client:
        assert await statuses(client, "POST", path, {}) == {200: 3, 429: 3}
        check_limited(await client.post(path), bucket)
        # A client that is signed in does not get past it either, and nothing else is limited by it.
        if bucket != "sign_in":
            check_limited(await client.post(path, headers=bearer(issuer.token())), bucket)
        assert await statuses(client, "GET", PATH, {}) == {200: 6}


async def test_bookings_have_a_bucket_of_their_own(starter: Starter, issuer: Issuer):
    async with starter.running("bookings", **narrow("BOOKING")) as gateway, gateway.client() as client:
        token = bearer(issuer.token())

        assert await statuses(client, "POST", BOOKINGS, token) == {200: 3, 429: 3}
        check_limited(await client.post(BOOKINGS, headers=token), "booking")
        assert await statuses(client, "GET", BOOKINGS, token) == {200: 6}
        assert await statuses(client, "POST", BOOKINGS, bearer(issuer.token(sub="other"))) == {200: 3, 429: 3}


async def test_checks_of_new_tokens_are_bounded_and_known_ones_pass(starter: Starter, issuer: Issuer):
    async with starter.running("checks", **narrow("TOKEN_CHECK")) as gateway, gateway.client() as client:
        known = bearer(issuer.token())
        assert (await client.get(PATH, headers=known)).status_code == 200
        forged = [bearer(issuer.token(aud=f"other-{number}")) for number in range(5)]
        answers = [await client.get(PATH, headers=each) for each in forged]

        assert [answer.status_code for answer in answers] == [401, 401, 429, 429, 429]
        check_limited(answers[-1], "token_check")
        assert (await client.get(PATH, headers=known)).status_code == 200
        assert (await client.get(PATH)).status_code == 200


async def test_a_bucket_fills_again(starter: Starter):
    async with (
        starter.running("refill", RATE_ADDRESS="60", RATE_ADDRESS_BURST="1") as gateway,
        gateway.client() as client,
    ):
        assert await statuses(client, "GET", PATH, {}) == {200: 2, 429: 4}
        check_limited(await client.get(PATH), "address", seconds="1")

        async def is_served() -> bool:
            return (await client.get(PATH)).status_code == 200

        await wait_for(is_served, "the bucket to hold a request again")


async def test_limited_requests_reach_no_service(starter: Starter, services: dict[str, EchoService], issuer: Issuer):
    async with starter.running("unreached", **narrow("SUBJECT")) as gateway, gateway.client() as client:
        before = len(services["parking"].paths_asked)
        await statuses(client, "GET", PATH, bearer(issuer.token(exp=int(time.time()) + 60)), times=20)

        assert len(services["parking"].paths_asked) == before + 3


async def test_edwards_subject_is_unproven_and_counts_by_address(
    starter: Starter, services: dict[str, EchoService], issuer: Issuer
):
    edwards = Issuer.edwards("edwards")
    services["auth"].keys = issuer.jwks(edwards)
    try:
        async with starter.running("unproven", **narrow("ADDRESS")) as gateway, gateway.client() as client:
            tokens = [bearer(edwards.token(sub=f"made-up-{number}")) for number in range(5)]
            found = [(await client.get(PATH, headers=token)).status_code for token in tokens]
    finally:
        services["auth"].keys = issuer.jwks()

    assert found == [200, 200, 200, 429, 429]
