"""Auth on a real database: migrated once, copied for each test."""

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest_asyncio

import auth_service
from auth_service.application.commands.rotate_signing_keys import RotateSigningKeys
from auth_service.bootstrap import Auth, bootstrap, resources
from auth_service.entrypoints.http.app import auth_app
from auth_service.settings import AuthSettings
from parking_chassis.migrations import migrate, migrations_folder
from parking_platform.testing.servers import PostgresServer

PASSWORD = "correct horse battery"


@pytest_asyncio.fixture(scope="session")
async def migrated_database(postgres_server: PostgresServer) -> str:
    """The name of a database with auth's schema."""
    url = await postgres_server.create_database()
    await asyncio.to_thread(migrate, url, migrations_folder(Path(auth_service.__path__[0])))
    return urlsplit(url).path.removeprefix("/")


@pytest_asyncio.fixture
async def database_url(postgres_server: PostgresServer, migrated_database: str) -> AsyncIterator[str]:
    """A database of this test's own."""
    url = await postgres_server.create_database(template=migrated_database)
    yield url
    await postgres_server.drop_database(urlsplit(url).path.removeprefix("/"))


def settings_for(database_url: str, **changes: object) -> AuthSettings:
    """Settings as a test installation has them."""
    return AuthSettings.model_validate(
        {
            "environment": "test",
            "database_url": database_url,
            "pool_size": 5,
            "token_issuer": "https://parking.test",
            "public_url": "https://parking.test",
            "master_key": base64.b64encode(bytes(32)).decode(),
            "bcrypt_cost": 4,
            **changes,
        }
    )


@pytest_asyncio.fixture
async def auth(database_url: str) -> AsyncIterator[Auth]:
    """The wired service, with a signing key."""
    wired = bootstrap(settings_for(database_url))
    async with resources(wired):
        await wired.use_cases.rotate_signing_keys(RotateSigningKeys())
        yield wired


@pytest_asyncio.fixture
async def client(auth: Auth) -> AsyncIterator[httpx.AsyncClient]:
    """Its HTTP application."""
    transport = httpx.ASGITransport(auth_app(auth), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://auth") as client:
        yield client
