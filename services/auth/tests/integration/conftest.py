"""Auth with real PostgreSQL and a real mail server, called as HTTP clients call it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio
from services.auth.tests.api import PASSWORD, sign_in
from services.auth.tests.installation import Database, Mails, settings_for

from auth_service.application.commands.create_account import CreateAccount
from auth_service.application.commands.rotate_signing_keys import RotateSigningKeys
from auth_service.application.commands.send_account_mails import SendAccountMails
from auth_service.bootstrap import Auth, bootstrap, resources
from auth_service.entrypoints.http.app import auth_app
from auth_service.settings import AuthSettings
from parking_platform.testing.servers import MailCatcherServer


@pytest.fixture
def settings(database_url: str, mail_catcher_server: MailCatcherServer) -> AuthSettings:
    """This test's installation."""
    return settings_for(database_url, smtp_host=mail_catcher_server.smtp_host, smtp_port=mail_catcher_server.smtp_port)


@pytest_asyncio.fixture
async def auth(settings: AuthSettings) -> AsyncIterator[Auth]:
    """The wired service, with a signing key."""
    wired = bootstrap(settings)
    async with resources(wired):
        await wired.use_cases.rotate_signing_keys(RotateSigningKeys())
        yield wired


@asynccontextmanager
async def client_of(auth: Auth) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(auth_app(auth), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://auth") as client:
        yield client


@pytest.fixture
def client_for() -> Callable[[Auth], AbstractAsyncContextManager[httpx.AsyncClient]]:
    """Clients of services that a test wires itself."""
    return client_of


@pytest_asyncio.fixture
async def client(auth: Auth) -> AsyncIterator[httpx.AsyncClient]:
    """A client of its HTTP application."""
    async with client_of(auth) as client:
        yield client


@pytest_asyncio.fixture
async def admin(auth: Auth, client: httpx.AsyncClient) -> dict[str, Any]:
    """An administrator's tokens."""
    await auth.use_cases.create_account(CreateAccount("ada@example.com", PASSWORD, "Ada Admin", ("admin",)))
    return (await sign_in(client, "ada@example.com")).json()


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A connection to see what is really stored."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest.fixture
def new_address() -> str:
    """An address that no other test of this run sends mail to."""
    return f"driver-{uuid4().hex}@example.com"


@pytest_asyncio.fixture
async def mails_to(auth: Auth, mail_catcher_server: MailCatcherServer) -> AsyncIterator[Mails]:
    """Sends what is due, then says which mails came to an address, the newest first."""
    async with httpx.AsyncClient(base_url=mail_catcher_server.url, trust_env=False) as page:

        async def caught(address: str) -> list[dict[str, Any]]:
            await auth.use_cases.send_account_mails(SendAccountMails())
            return (await page.get("/messages", params={"to": address})).json()

        yield caught
