"""The WebSocket passes both ways, and its token is left to the service."""

import httpx
import pytest
from gateway.tests.stand.gateway import Gateway, Starter
from gateway.tests.stand.processes import wait_for
from gateway.tests.stand.tokens import Issuer, bearer
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol


def url(gateway: Gateway) -> str:
    return f"{gateway.url.replace('https', 'wss')}/api/v1/ws"


async def test_frames_pass_both_ways(gateway: Gateway, issuer: Issuer):
    subprotocol = Subprotocol(f"bearer.{issuer.token()}")

    async with connect(url(gateway), ssl=gateway.trust, subprotocols=[subprotocol], proxy=None) as socket:
        await socket.send("hello")
        assert await socket.recv() == "notification: hello"
        assert socket.subprotocol == subprotocol


async def test_bad_bearer_is_refused_here_too(gateway: Gateway):
    with pytest.raises(InvalidStatus) as refused:
        await connect(url(gateway), ssl=gateway.trust, additional_headers=bearer("a.b.c"), proxy=None)

    assert refused.value.response.status_code == 401


async def test_one_address_has_so_many_sockets(starter: Starter):
    async with starter.running("sockets", RATE_WEBSOCKETS="2") as gateway:
        async with (
            connect(url(gateway), ssl=gateway.trust, proxy=None) as first,
            connect(url(gateway), ssl=gateway.trust, proxy=None),
        ):
            with pytest.raises(InvalidStatus) as refused:
                await connect(url(gateway), ssl=gateway.trust, proxy=None)
            await first.send("still here")
            assert await first.recv() == "notification: still here"

        answer = refused.value.response
        assert answer.status_code == 429
        assert answer.headers["RateLimit-Policy"] == '"websockets";q=2;qu="concurrent-requests"'
        assert answer.headers["Retry-After"] == "10"

        async def is_open() -> bool:
            try:
                async with connect(url(gateway), ssl=gateway.trust, proxy=None):
                    return True
            except InvalidStatus:
                return False

        await wait_for(is_open, "a closed socket to free its place")


async def test_without_upgrade_it_is_a_request_like_others(client: httpx.AsyncClient):
    assert (await client.get("/api/v1/ws")).json()["service"] == "notification"
