"""The service's HTTP application on a real port, where webhooks find it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn

from parking_platform.testing.waiting import wait_until
from payment_service.bootstrap import Payments
from payment_service.entrypoints.http.app import payment_app


@asynccontextmanager
async def listening(service: Payments, port: int) -> AsyncIterator[None]:
    config = uvicorn.Config(payment_app(service), port=port, log_config=None, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    running = asyncio.create_task(server._serve())
    await wait_until(lambda: server.started, "the server")
    try:
        yield
    finally:
        server.should_exit = True
        await running
