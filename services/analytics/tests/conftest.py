"""Analytics on a real database: migrated once, copied for each test."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.jwk import OctKey

import analytics_service
from parking_chassis.migrations import migrate, migrations_folder
from parking_platform.testing.servers import PostgresServer
from analytics_service.bootstrap import Analytics, bootstrap, resources
from analytics_service.entrypoints.http.app import analytics_app
from analytics_service.settings import AnalyticsSettings

SECRET = "a shared secret for tests, long enough for HS256"
ISSUER = "https://parking.test"


@pytest_asyncio.fixture(scope="session")
async def migrated_database(postgres_server: PostgresServer) -> str:
    """The name of a database with analytics's schema."""
    url = await postgres_server.create_database(extensions=["btree_gist"])
    await asyncio.to_thread(migrate, url, migrations_folder(Path(analytics_service.__path__[0])))
    return urlsplit(url).path.removeprefix("/")


@pytest_asyncio.fixture
async def database_url(postgres_server: PostgresServer, migrated_database: str) -> AsyncIterator[str]:
    """A database of this test's own."""
    url = await postgres_server.create_database(template=migrated_database)
    yield url
    await postgres_server.drop_database(urlsplit(url).path.removeprefix("/"))


@pytest.fixture(scope="session")
def signing_key() -> str:
    """What signs charges and credentials."""
    key = ec.generate_private_key(ec.SECP256R1())
    return base64.b64encode(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())).decode()


@pytest_asyncio.fixture
async def service(database_url: str, signing_key: str) -> AsyncIterator[Analytics]:
    """The wired service."""
    settings = AnalyticsSettings.model_validate(
        {
            "environment": "test",
            "database_url": database_url,
            "pool_size": 5,
            "token_issuer": ISSUER,
            "token_algorithms": ("HS256",),
            "token_shared_secret": SECRET,
            "signing_key": signing_key,
        }
    )
    wired = bootstrap(settings)
    async with resources(wired):
        yield wired


@pytest_asyncio.fixture
async def client(service: Analytics) -> AsyncIterator[httpx.AsyncClient]:
    """Its HTTP application."""
    transport = httpx.ASGITransport(analytics_app(service), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://analytics") as client:
        yield client


class SignIn:
    """Makes access tokens as auth does."""

    def __call__(
        self,
        *,
        user_id: UUID | None = None,
        scope: str = "read:parking write:analytics read:own_data",
        organizations: tuple[UUID, ...] = (),
    ) -> dict[str, str]:
        """The header of a signed-in user."""
        claims = {
            "iss": ISSUER,
            "aud": "parking",
            "sub": str(user_id or uuid4()),
            "client_id": "test",
            "iat": int(time.time()),
            "exp": int(time.time()) + 600,
            "scope": scope,
            "organizations": [str(each) for each in organizations],
        }
        token = jwt.encode({"alg": "HS256", "typ": "at+jwt"}, claims, OctKey.import_key(SECRET), algorithms=["HS256"])
        return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def signed_in() -> SignIn:
    """Makes the header of a signed-in user."""
    return SignIn()
