from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
import trustme
from gateway.tests.stand.gateway import Gateway, Starter
from gateway.tests.stand.services import NAMES, EchoService, serving
from gateway.tests.stand.tokens import Issuer


@pytest.fixture(scope="session")
def issuer() -> Issuer:
    return Issuer.with_new_key("first")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def services(issuer: Issuer) -> AsyncIterator[dict[str, EchoService]]:
    async with AsyncExitStack() as stack:
        running = {name: await stack.enter_async_context(serving(EchoService(name))) for name in NAMES}
        running["auth"].keys = issuer.jwks()
        yield running


@pytest.fixture(scope="session")
def starter(server_scratch: Path, services: dict[str, EchoService]) -> Starter:
    return Starter(server_scratch, trustme.CA(), list(services.values()))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def gateway(starter: Starter) -> AsyncIterator[Gateway]:
    """One gateway with limits that no test reaches; tests of other settings start their own."""
    async with starter.running("gateway") as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def client(gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    async with gateway.client() as running:
        yield running
