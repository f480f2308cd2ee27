"""Parking on a real database: migrated once, copied for each test; and tokens that a key of the tests signs."""

import base64
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
import pytest_asyncio
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

import parking_service
from parking_chassis.access_tokens import AccessTokenVerifier
from parking_chassis.ids import new_id
from parking_chassis.migrations import hand_over, migrations_folder
from parking_events import EVENT_CLASSES, WireEvent
from parking_platform.testing.databases import DatabaseCopies, database_copies
from parking_platform.testing.servers import PostgresServer
from parking_service.application.commands.continue_imports import ContinueImports
from parking_service.application.event_handlers.keep_organization import KeepOrganization
from parking_service.bootstrap import Parking, bootstrap, resources
from parking_service.domain.organizations import Organization
from parking_service.entrypoints.http.app import parking_app
from parking_service.settings import ParkingSettings

# The fakes are imported by their place in the tree: `services.parking.tests.fakes`.
sys.path.append(str(Path(__file__).parents[3]))

ANSWER_KEY = base64.b64encode(bytes(32)).decode()
ISSUER = "https://parking.test"
OPERATOR = "read:parking write:parking"


@dataclass(frozen=True)
class FixedKeys:
    """See `parking_chassis.access_tokens.SigningKeys`: the tests' own key, always at hand."""

    key: ECKey

    async def current(self) -> KeySet:
        return KeySet([self.key])

    async def refreshed(self) -> KeySet:
        return KeySet([self.key])

    def token(self, scope: str, organizations: tuple[UUID, ...]) -> str:
        claims = {
            "iss": ISSUER,
            "aud": "parking",
            "sub": str(new_id()),
            "client_id": "tests",
            "exp": int(time.time()) + 600,
            "scope": scope,
            "organizations": [str(each) for each in organizations],
        }
        return jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": self.key.kid}, claims, self.key)


@pytest.fixture(scope="session")
def keys() -> FixedKeys:
    return FixedKeys(ECKey.generate_key("P-256", auto_kid=True))


@pytest_asyncio.fixture(scope="session")
async def databases(postgres_server: PostgresServer) -> AsyncIterator[DatabaseCopies]:
    """Databases with parking's schema."""
    migrations = migrations_folder(Path(parking_service.__path__[0]))
    async with database_copies(
        postgres_server, partial(hand_over, folder=migrations), extensions=["postgis", "pg_trgm"]
    ) as copies:
        yield copies


@pytest_asyncio.fixture
async def database_url(databases: DatabaseCopies) -> AsyncIterator[str]:
    """A database of this test's own, as the role that the service runs as."""
    async with databases.one() as url:
        yield url


def settings_for(database_url: str, **changes: object) -> ParkingSettings:
    """Settings as a test installation has them."""
    return ParkingSettings.model_validate(
        {
            "environment": "test",
            "database_url": database_url,
            "pool_size": 5,
            "token_issuer": ISSUER,
            "default_currency": "CHF",
            "answer_keys": ANSWER_KEY,
            **changes,
        }
    )


@pytest.fixture
def make_settings(database_url: str) -> Callable[..., ParkingSettings]:
    """Settings for this test's database."""
    return partial(settings_for, database_url)


@pytest_asyncio.fixture
async def parking(database_url: str, keys: FixedKeys) -> AsyncIterator[Parking]:
    """The wired service, which believes the tests' key."""
    wired = bootstrap(settings_for(database_url))
    verifier = AccessTokenVerifier(keys, issuer=ISSUER, audience="parking", algorithms=["ES256"])
    wired = replace(wired, token_verifier=verifier)
    async with resources(wired):
        yield wired


@pytest_asyncio.fixture
async def http(parking: Parking) -> AsyncIterator[httpx.AsyncClient]:
    """Its HTTP application, for somebody who is not signed in."""
    transport = httpx.ASGITransport(parking_app(parking), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://parking/api/v1") as client:
        yield client


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in, and an organization of theirs."""

    http: httpx.AsyncClient
    token: str
    organization_id: UUID

    async def __call__(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"} | options.pop("headers", {})
        return await self.http.request(method, path, headers=headers, **options)

    async def lot(self, **changes: object) -> dict[str, Any]:
        """A new lot in Basel, or wherever the changes say."""
        answer = await self("POST", "/parking-lots", json=lot_body(**changes))
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def spots(self, lot_id: str, *numbers: str, spot_type: str = "standard") -> list[dict[str, Any]]:
        """New spots of a lot."""
        spots = [{"spot_number": number, "spot_type": spot_type} for number in numbers]
        answer = await self("POST", f"/parking-lots/{lot_id}/spots", json={"spots": spots})
        assert answer.status_code == 201, answer.text
        return answer.json()["items"]


def lot_body(**changes: object) -> dict[str, Any]:
    """What a lot is created with."""
    return {
        "name": "Parkhaus Aeschen",
        "location": {"latitude": 47.5504, "longitude": 7.5943},
        "address": "Aeschengraben 9, 4051 Basel",
        "time_zone": "Europe/Zurich",
        "hourly_rate": {"amount": 250, "currency": "CHF"},
        **changes,
    }


MakePerson = Callable[..., Person]


@pytest.fixture
def person(http: httpx.AsyncClient, keys: FixedKeys) -> MakePerson:
    def make(scope: str = OPERATOR, *organizations: UUID) -> Person:
        return Person(http, keys.token(scope, organizations), organizations[0] if organizations else new_id())

    return make


KeepOrganizations = Callable[[Organization], Awaitable[None]]


@pytest.fixture
def keep_organization(parking: Parking) -> KeepOrganizations:
    """What the consumer does when auth publishes an organization."""

    async def keep(organization: Organization) -> None:
        async with parking.engine.begin() as connection, parking.work_on(connection) as work:
            await parking.use_cases.keep_organization(KeepOrganization(organization), work)

    return keep


@pytest_asyncio.fixture
async def operator(keep_organization: KeepOrganizations, person: MakePerson) -> Person:
    """An operator of one organization that parking knows."""
    organization_id = new_id()
    await keep_organization(Organization(organization_id, "Parkhäuser Basel", 1))
    return person(OPERATOR, organization_id)


@pytest_asyncio.fixture
async def stranger(keep_organization: KeepOrganizations, person: MakePerson) -> Person:
    """An operator of another organization."""
    organization_id = new_id()
    await keep_organization(Organization(organization_id, "Elsewhere", 1))
    return person(OPERATOR, organization_id)


Events = Callable[..., Any]


@pytest.fixture
def events(database_url: str) -> Events:
    async def read(*types: str) -> list[WireEvent]:
        """What lies in the outbox, each event valid against its contract; all types where none is named."""
        connection = await asyncpg.connect(database_url)
        rows = await connection.fetch("SELECT type, payload, aggregateid, version FROM outbox ORDER BY seq")
        await connection.close()
        found = [(row, EVENT_CLASSES[row["type"]].from_json(row["payload"])) for row in rows]
        for row, event in found:
            assert (event.subject, event.version) == (row["aggregateid"], row["version"])
        return [event for _, event in found if not types or event.event_type in types]

    return read


@pytest.fixture
def run_imports(parking: Parking) -> Callable[[], Any]:
    async def run() -> int:
        return await parking.use_cases.continue_imports(ContinueImports())

    return run
