"""Waiting until a server is really ready."""

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable

import httpx

from parking_platform.ports import LOOPBACK

FIRST_PAUSE = 0.05
LONGEST_PAUSE = 0.5
NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts no authority. For plain HTTP on this machine: else httpx reads all authorities for each client, in 40 ms."""


class NotReady(Exception):
    """The server does not serve yet; the message says what is missing."""


class NeverReady(Exception):
    """The server did not get ready in time, or its process ended."""


async def wait_until_ready(
    check: Callable[[], Awaitable[None]], *, seconds: float, running: Callable[[], bool] = lambda: True
) -> None:
    """Repeat `check` until it no longer raises NotReady, for so many seconds at most."""
    deadline = time.monotonic() + seconds
    pause = FIRST_PAUSE
    while True:
        try:
            async with asyncio.timeout_at(asyncio.get_running_loop().time() + max(deadline - time.monotonic(), 1)):
                return await check()
        except (NotReady, TimeoutError) as reason:
            if not running():
                raise NeverReady("its process ended") from reason
            if time.monotonic() > deadline:
                raise NeverReady(f"not ready after {seconds:.0f} s: {reason or 'no answer'}") from reason
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE)


async def require_open(port: int) -> None:
    """Raise NotReady unless something listens on the port."""
    try:
        _, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError as error:
        raise NotReady(f"nothing listens on port {port}") from error
    writer.close()
    await writer.wait_closed()


async def require_ok(url: str) -> None:
    """Raise NotReady unless a GET of the URL answers 200."""
    try:
        # trust_env: a proxy in the environment is not meant for loopback.
        async with httpx.AsyncClient(trust_env=False, verify=NOBODY, timeout=5) as client:
            answer = await client.get(url)
    except httpx.TransportError as error:
        raise NotReady(f"{url} does not answer") from error
    if answer.status_code != httpx.codes.OK:
        raise NotReady(f"{url} answers {answer.status_code}: {answer.text[:200]}")
