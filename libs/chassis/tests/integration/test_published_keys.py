"""The issuer's keys over a real connection: rotation, an issuer that is away, slow, or talks nonsense."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
import pytest
import pytest_asyncio
from joserfc import jwt
from joserfc.jwk import ECKey

from parking_chassis.access_tokens import (
    KEYS_FRESH_SECONDS,
    KEYS_RETRY_SECONDS,
    AccessTokenVerifier,
    InvalidToken,
    KeysUnavailable,
    PublishedKeys,
)
from parking_platform.ports import LOOPBACK, free_port

ONE = ECKey.generate_key("P-256", {"kid": "one"})
TWO = ECKey.generate_key("P-256", {"kid": "two"})


@dataclass
class Issuer:
    """A server that publishes keys, and counts how often it is asked. It answers while `answers` is set."""

    port: int = field(default_factory=free_port)
    status: str = "200 OK"
    body: bytes = b""
    asked: int = 0
    answers: asyncio.Event = field(default_factory=asyncio.Event)
    was_asked: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}/jwks.json"

    def publish(self, *keys: ECKey) -> None:
        self.body = httpx.Response(200, json={"keys": [key.as_dict(private=False) for key in keys]}).content

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        self.was_asked.set()
        await self.answers.wait()
        head = f"HTTP/1.1 {self.status}\r\nContent-Length: {len(self.body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + self.body)
        await writer.drain()
        writer.close()


@dataclass
class Elapsed:
    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest_asyncio.fixture
async def issuer() -> AsyncIterator[Issuer]:
    issuer = Issuer()
    issuer.publish(ONE)
    issuer.answers.set()
    server = await asyncio.start_server(issuer.serve, LOOPBACK, issuer.port)
    yield issuer
    issuer.answers.set()
    server.close()
    await server.wait_closed()


@pytest.fixture
def elapsed() -> Elapsed:
    return Elapsed()


@pytest_asyncio.fixture
async def keys(issuer: Issuer, elapsed: Elapsed) -> AsyncIterator[PublishedKeys]:
    async with httpx.AsyncClient(trust_env=False, timeout=1) as http:
        yield PublishedKeys(http, issuer.url, elapsed=elapsed)


async def accepts(keys: PublishedKeys, key: ECKey) -> bool:
    """Whether another service would accept a token that this key signed. A new one each time: none is remembered."""
    now = int(time.time())
    claims = {"iss": "i", "aud": "a", "sub": "s", "client_id": "c", "exp": now + 60}
    token = jwt.encode({"alg": "ES256", "kid": key.kid, "typ": "at+jwt"}, claims, key)
    try:
        await AccessTokenVerifier(keys, issuer="i", audience="a", algorithms=["ES256"]).verify(token)
    except InvalidToken:
        return False
    return True


async def test_keys_are_asked_for_once_in_five_minutes(issuer: Issuer, keys: PublishedKeys, elapsed: Elapsed) -> None:
    for _ in range(3):
        assert await accepts(keys, ONE)
    assert issuer.asked == 1
    elapsed.seconds += KEYS_FRESH_SECONDS + 1
    assert await accepts(keys, ONE)
    assert issuer.asked == 2


async def test_many_at_once_ask_once(issuer: Issuer, keys: PublishedKeys) -> None:
    assert all(await asyncio.gather(*(accepts(keys, ONE) for _ in range(20))))
    assert issuer.asked == 1


async def test_a_new_key_is_found_when_it_is_first_seen(issuer: Issuer, keys: PublishedKeys, elapsed: Elapsed) -> None:
    assert await accepts(keys, ONE)
    issuer.publish(ONE, TWO)
    elapsed.seconds += KEYS_RETRY_SECONDS + 1
    assert await accepts(keys, TWO)
    assert await accepts(keys, ONE)
    assert issuer.asked == 2


async def test_a_key_that_was_withdrawn_counts_no_more(issuer: Issuer, keys: PublishedKeys, elapsed: Elapsed) -> None:
    assert await accepts(keys, ONE)
    issuer.publish(TWO)
    elapsed.seconds += KEYS_FRESH_SECONDS + 1
    assert not await accepts(keys, ONE)


async def test_made_up_key_ids_do_not_flood_the_issuer(issuer: Issuer, keys: PublishedKeys, elapsed: Elapsed) -> None:
    await accepts(keys, ONE)
    for _ in range(10):
        assert not await accepts(keys, TWO)
    assert issuer.asked == 1
    elapsed.seconds += KEYS_RETRY_SECONDS + 1
    for _ in range(10):
        assert not await accepts(keys, TWO)
    assert issuer.asked == 2


@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("503 Service Unavailable", b"{}"),
        ("200 OK", b"<html>a proxy's page</html>"),
        ("200 OK", b"[]"),
        ("200 OK", b'{"keys": 7}'),
        ("200 OK", b'{"keys": [{"kty": "EC", "crv": "P-256"}]}'),
        ("200 OK", b"\xff\xfe"),
    ],
)
async def test_an_issuer_that_talks_nonsense_takes_no_key_away(
    issuer: Issuer, keys: PublishedKeys, elapsed: Elapsed, status: str, body: bytes
) -> None:
    assert await accepts(keys, ONE)
    issuer.status, issuer.body = status, body
    elapsed.seconds += KEYS_FRESH_SECONDS + 1
    assert await accepts(keys, ONE)
    assert issuer.asked == 2


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]"])
async def test_without_any_key_a_token_can_not_be_judged(issuer: Issuer, keys: PublishedKeys, body: bytes) -> None:
    issuer.body = body
    for _ in range(2):
        with pytest.raises(KeysUnavailable):
            await accepts(keys, ONE)
    assert issuer.asked == 1


async def test_an_issuer_that_is_away_is_asked_again_after_a_pause(issuer: Issuer, elapsed: Elapsed) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=1) as http:
        nowhere = PublishedKeys(http, f"http://{LOOPBACK}:{free_port()}/jwks.json", elapsed=elapsed)
        with pytest.raises(KeysUnavailable):
            await accepts(nowhere, ONE)
    issuer.status = "502 Bad Gateway"
    async with httpx.AsyncClient(trust_env=False, timeout=1) as http:
        keys = PublishedKeys(http, issuer.url, elapsed=elapsed)
        with pytest.raises(KeysUnavailable):
            await accepts(keys, ONE)
        issuer.status = "200 OK"
        with pytest.raises(KeysUnavailable):
            await accepts(keys, ONE)
        elapsed.seconds += KEYS_RETRY_SECONDS + 1
        assert await accepts(keys, ONE)


async def test_who_has_keys_does_not_wait_for_a_slow_issuer(
    issuer: Issuer, keys: PublishedKeys, elapsed: Elapsed
) -> None:
    assert await accepts(keys, ONE)
    elapsed.seconds += KEYS_FRESH_SECONDS + 1
    issuer.answers.clear()
    issuer.was_asked.clear()
    asking = asyncio.create_task(accepts(keys, ONE))
    await asyncio.wait_for(issuer.was_asked.wait(), 5)
    assert all([await accepts(keys, ONE) for _ in range(3)])
    assert not asking.done()
    issuer.answers.set()
    assert await asking
    assert issuer.asked == 2
