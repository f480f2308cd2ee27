"""The whole platform, and the people who use it."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from time import monotonic

import httpx
import pytest
import pytest_asyncio

from parking_platform.testing.platform import RunningPlatform

# What tests share is imported by its place in the tree: `tests.system.people`.
sys.path.append(str(Path(__file__).parents[2]))

from tests.system.backstage import Databases, Provider
from tests.system.logins import AdministratorsLogin

from parking_demo.people import Administrator, City, Driver, Operator


@pytest_asyncio.fixture(scope="session")
async def client(platform: RunningPlatform) -> AsyncIterator[httpx.AsyncClient]:
    """The gateway, as an app on a phone reaches it."""
    async with platform.client() as client:
        yield client


@pytest_asyncio.fixture(scope="session")
async def city(platform: RunningPlatform, client: httpx.AsyncClient) -> City:
    """Where everything is."""
    return City(client, platform.mail, platform.stripe)


@pytest_asyncio.fixture(scope="session")
async def administrators_login(platform: RunningPlatform, city: City) -> AdministratorsLogin:
    """The administrator's login, which all tests share."""
    account, began = platform.accounts["admin"], monotonic()
    return AdministratorsLogin(await Administrator.signed_in(city, account.email, account.password), began)


@pytest_asyncio.fixture
async def administrator(administrators_login: AdministratorsLogin) -> Administrator:
    """Runs the platform."""
    return await administrators_login.renewed()


@pytest_asyncio.fixture
async def operator(city: City, administrator: Administrator) -> Operator:
    """Runs the lots of an organization of its own."""
    return await administrator.take_on_an_operator()


@pytest_asyncio.fixture
async def driver(city: City) -> Driver:
    """Has just registered, verified the address and signed in."""
    return await Driver.registered(city)


@pytest.fixture(scope="session")
def databases(platform: RunningPlatform) -> Databases:
    """Where the services keep what they know."""
    return Databases(platform.postgres, platform.postgres_owners)


@pytest_asyncio.fixture
async def provider(platform: RunningPlatform) -> AsyncIterator[Provider]:
    """The payment provider; it behaves again after the test."""
    simulator = platform.parts.stripe_simulator
    provider = Provider(simulator.url, simulator.keys.secret_key, simulator.keys.webhook_secret)
    yield provider
    await provider.behave()
