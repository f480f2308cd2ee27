"""The SDK's transport: httpx with time limits and a bounded pool, which the SDK's own does not have."""

import asyncio
from collections.abc import Mapping
from typing import Any, override

import httpx
import stripe

from parking_chassis.http_client import http_client

CONNECT_SECONDS = 3.0
CONNECTIONS = 50


class TimedHttpClient(stripe.HTTPClient):
    """Asynchronous only. A failure is one that the SDK may repeat: every call of ours carries an idempotency key."""

    name = "httpx"

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._client = http_client(
            httpx.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS)), httpx.Limits(max_connections=CONNECTIONS)
        )

    @override
    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """One attempt. Raises `stripe.APIConnectionError`."""
        try:
            response = await self._client.request(method, url, headers=dict(headers), content=post_data)
        except httpx.HTTPError as error:
            raise stripe.APIConnectionError(f"no answer: {type(error).__name__}", should_retry=True) from error
        return response.content, response.status_code, response.headers

    @override
    async def sleep_async(self, secs: float) -> None:
        """The pause between attempts."""
        await asyncio.sleep(secs)

    @override
    async def close_async(self) -> None:
        """Close the connections."""
        await self._client.aclose()
