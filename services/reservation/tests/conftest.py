"""Reservation on a real database: migrated once, copied for each test."""

import base64
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.jwk import OctKey

import reservation_service
from parking_chassis.database import PoolSettings, create_engine
from parking_chassis.migrations import hand_over, migrations_folder
from parking_platform.ports import LOOPBACK, free_port
from parking_platform.testing.databases import DatabaseCopies, database_copies
from parking_platform.testing.servers import PostgresServer
from reservation_service.application.ports import LotCopy
from reservation_service.bootstrap import Reservation, bootstrap, resources
from reservation_service.domain.lots import TariffVersion
from reservation_service.entrypoints.http.app import reservation_app
from reservation_service.settings import ReservationSettings

# The fakes, and what else tests share, are imported by their place in the tree: `services.reservation.tests.fakes`.
sys.path.append(str(Path(__file__).parents[3]))

from services.reservation.tests.driving import ANSWER_KEY, Database, Driver
from services.reservation.tests.examples import hourly, lot_copy, spot_copy
from services.reservation.tests.payment import INTERNAL_TOKEN, Payment, migrate_payment, settings_of_payment

SECRET = "a shared secret for tests, long enough for HS256"
ISSUER = "https://parking.test"


@pytest_asyncio.fixture(scope="session")
async def databases(postgres_server: PostgresServer) -> AsyncIterator[DatabaseCopies]:
    """Databases with reservation's schema."""
    migrations = migrations_folder(Path(reservation_service.__path__[0]))
    async with database_copies(
        postgres_server, partial(hand_over, folder=migrations), extensions=["btree_gist"]
    ) as copies:
        yield copies


@pytest_asyncio.fixture
async def database_url(databases: DatabaseCopies) -> AsyncIterator[str]:
    """A database of this test's own, as the role that the service runs as."""
    async with databases.one() as url:
        yield url


def new_signing_key() -> str:
    """A private key as the settings take it."""
    key = ec.generate_private_key(ec.SECP256R1())
    return base64.b64encode(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())).decode()


@pytest.fixture(scope="session")
def signing_key() -> str:
    """What signs charges and credentials."""
    return new_signing_key()


def settings_for(database_url: str, signing_key: str, **changes: object) -> ReservationSettings:
    """Settings as a test installation has them."""
    return ReservationSettings.model_validate(
        {
            "environment": "test",
            "database_url": database_url,
            # Nobody is there, even beside a platform that runs on the usual ports.
            "kafka_bootstrap_servers": f"{LOOPBACK}:{free_port()}",
            "pool_size": 5,
            "token_issuer": ISSUER,
            "token_algorithms": ("HS256",),
            "token_shared_secret": SECRET,
            "signing_key": signing_key,
            "answer_keys": base64.b64encode(ANSWER_KEY).decode(),
            "internal_token": INTERNAL_TOKEN,
            "payment_url": f"http://{LOOPBACK}:{free_port()}",
            **changes,
        }
    )


@asynccontextmanager
async def also_serving(settings: ReservationSettings) -> AsyncGenerator[httpx.AsyncClient]:
    """Another process of the service on the same database, by other settings. Its figures are not collected."""
    wired = bootstrap(settings)
    transport = httpx.ASGITransport(reservation_app(wired), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://reservation") as client:
        yield client
    await wired.http.aclose()
    await wired.booking_pool.close()
    await wired.engine.dispose()


@pytest_asyncio.fixture(scope="session")
async def running_payment(
    postgres_server: PostgresServer, signing_key: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Payment]:
    """The payment service, for the run."""
    database = await postgres_server.create_service_database()
    environment = settings_of_payment(database.url, signing_key)
    await migrate_payment(environment, database.owner_url)
    engine = create_engine(database.url, "tests", PoolSettings(2))
    payment = Payment(environment, free_port(), engine, tmp_path_factory.mktemp("payment"))
    async with payment.serving():
        yield payment
    await engine.dispose()
    await postgres_server.drop_service_database(database)


@pytest_asyncio.fixture
async def payment(running_payment: Payment) -> Payment:
    """The payment service, with an empty outbox; its relay does not run."""
    await running_payment.run("DELETE FROM outbox")
    return running_payment


@pytest_asyncio.fixture
async def service(database_url: str, signing_key: str) -> AsyncIterator[Reservation]:
    """The wired service."""
    wired = bootstrap(settings_for(database_url, signing_key))
    async with resources(wired):
        yield wired


@pytest_asyncio.fixture
async def client(service: Reservation) -> AsyncIterator[httpx.AsyncClient]:
    """Its HTTP application."""
    transport = httpx.ASGITransport(reservation_app(service), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://reservation") as client:
        yield client


class MakeLot(Protocol):
    """Makes a lot with spots of these types, numbered from 1."""

    async def __call__(
        self, spots: Sequence[str] = ("standard",) * 3, tariff: TariffVersion | None = None, **changes: Any
    ) -> LotCopy: ...


class SignIn:
    """Makes access tokens as auth does."""

    def __call__(
        self,
        *,
        user_id: UUID | None = None,
        subject: str | None = None,
        scope: str = "read:parking write:reservation read:own_data",
        organizations: tuple[UUID, ...] = (),
        email_verified: bool = True,
    ) -> dict[str, str]:
        """The header of a signed-in user; with a subject, of a machine."""
        claims = {
            "iss": ISSUER,
            "aud": "parking",
            "sub": subject or str(user_id or uuid4()),
            "client_id": "test",
            "iat": int(time.time()),
            "exp": int(time.time()) + 600,
            "scope": scope,
            "organizations": [str(each) for each in organizations],
        } | ({} if subject else {"email_verified": email_verified})
        token = jwt.encode({"alg": "HS256", "typ": "at+jwt"}, claims, OctKey.import_key(SECRET), algorithms=["HS256"])
        return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def signed_in() -> SignIn:
    """Makes the header of a signed-in user."""
    return SignIn()


@pytest.fixture
def make_lot(service: Reservation) -> MakeLot:
    """Makes a lot as if parking had published it."""

    async def make(
        spots: Sequence[str] = ("standard",) * 3, tariff: TariffVersion | None = None, **changes: Any
    ) -> LotCopy:
        tariff = tariff or hourly()
        lot = lot_copy(tariff, **changes)
        async with service.engine.begin() as connection, service.work_on(connection) as work:
            await work.copies.keep_tariff(tariff)
            await work.copies.keep_lot(lot)
            copies = [spot_copy(lot.id, str(each), kind) for each, kind in enumerate(spots, start=1)]
            await work.copies.keep_spots(copies)
        return lot

    return make


@pytest_asyncio.fixture
async def lot(make_lot: MakeLot) -> LotCopy:
    """A lot of three spots at 2.00 an hour."""
    return await make_lot()


@pytest.fixture
def driver(client: httpx.AsyncClient, signed_in: SignIn) -> Driver:
    """A driver with a browser."""
    return Driver(client, signed_in())


@pytest.fixture
def database(service: Reservation) -> Database:
    """What is stored, behind the service's back."""
    return Database(service.engine)
