"""Payment on a real database, beside the running Stripe simulator, whose webhooks reach it."""

import base64
import sys
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy.ext.asyncio import AsyncEngine

import payment_service
from parking_chassis.database import PoolSettings, create_engine
from parking_chassis.migrations import hand_over, migrations_folder
from parking_platform.testing.databases import DatabaseCopies, database_copies
from parking_platform.testing.servers import PostgresServer
from payment_service.bootstrap import Payments, bootstrap, resources
from payment_service.settings import PaymentSettings
from stripe_simulator import conformance
from stripe_simulator.process import SimulatorProcess, free_port

# The fakes, and what else tests share, are imported by their place in the tree: `services.payment.tests.fakes`.
sys.path.append(str(Path(__file__).parents[3]))

from services.payment.tests.browser import Browser
from services.payment.tests.desk import Desk
from services.payment.tests.people import ANSWER_KEY, INTERNAL_TOKEN, ISSUER, SECRET, People
from services.payment.tests.serving import listening

WEBHOOK_PATH = "/api/v1/webhooks/stripe"


@pytest_asyncio.fixture(scope="session")
async def databases(postgres_server: PostgresServer) -> AsyncIterator[DatabaseCopies]:
    """Databases with payment's schema."""
    migrations = migrations_folder(Path(payment_service.__path__[0]))
    async with database_copies(postgres_server, partial(hand_over, folder=migrations)) as copies:
        yield copies


@pytest_asyncio.fixture
async def database_url(databases: DatabaseCopies) -> AsyncIterator[str]:
    """A database of this test's own, as the role that the service runs as."""
    async with databases.one() as url:
        yield url


@pytest_asyncio.fixture
async def superuser(postgres_server: PostgresServer, database_url: str) -> AsyncIterator[AsyncEngine]:
    """Who may write past triggers and foreign keys, in this test's database."""
    engine = create_engine(postgres_server.superuser_url(database_url), "tests", PoolSettings(1))
    yield engine
    await engine.dispose()


@pytest.fixture(scope="session")
def http_port() -> int:
    """Where payment listens, and where the simulator sends its webhooks."""
    return free_port()


@pytest.fixture(scope="session")
def running_simulator(tmp_path_factory: pytest.TempPathFactory, http_port: int) -> Iterator[SimulatorProcess]:
    """One simulator for the run."""
    simulator = SimulatorProcess(
        tmp_path_factory.mktemp("stripe") / "state.db",
        f"http://127.0.0.1:{http_port}{WEBHOOK_PATH}",
        {"webhook_retry_base": 0.05, "settle_seconds": 3600},
    )
    simulator.start()
    yield simulator
    simulator.stop()


@pytest.fixture(scope="session")
def description() -> conformance.Description:
    """What Stripe publishes of its API."""
    return conformance.Description(conformance.install())


@pytest.fixture(scope="module")
def mock_url(description: conformance.Description) -> Iterator[str]:
    """stripe-mock, for a module at a time: it stops when nobody reads the line that it writes for each request."""
    with conformance.stripe_mock(description.directory) as url:
        yield url


@pytest.fixture
def simulator(
    running_simulator: SimulatorProcess, description: conformance.Description, mock_url: str
) -> Iterator[SimulatorProcess]:
    """An empty simulator; whatever a test sent to it is held against Stripe's own description afterwards."""
    running_simulator.control("POST", "/reset")
    yield running_simulator
    problems = conformance.check(running_simulator.journal(), description, mock_url)
    assert not problems, "\n".join(problems)


@pytest.fixture(scope="session")
def reservation_key() -> ec.EllipticCurvePrivateKey:
    """What reservation signs charges with."""
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def settings(
    database_url: str,
    simulator: SimulatorProcess,
    reservation_key: ec.EllipticCurvePrivateKey,
) -> PaymentSettings:
    """Settings as a test installation has them."""
    public = reservation_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return PaymentSettings.model_validate(
        {
            "environment": "test",
            "public_url": "https://parking.test",
            "database_url": database_url,
            "pool_size": 5,
            "token_issuer": ISSUER,
            "token_algorithms": ("HS256",),
            "token_shared_secret": SECRET,
            "answer_keys": ANSWER_KEY,
            "charge_key": base64.b64encode(public).decode(),
            "internal_token": INTERNAL_TOKEN,
            "stripe_secret_key": simulator.secret_key,
            "stripe_publishable_key": simulator.publishable_key,
            "stripe_webhook_secret": simulator.webhook_secret,
            "stripe_api_base": simulator.url,
            "stripe_timeout": 1.0,
            "stripe_deadline": 5.0,
        }
    )


@pytest_asyncio.fixture
async def service(settings: PaymentSettings) -> AsyncIterator[Payments]:
    """The wired service."""
    wired = bootstrap(settings)
    async with resources(wired):
        yield wired


@pytest_asyncio.fixture
async def client(service: Payments, http_port: int) -> AsyncIterator[httpx.AsyncClient]:
    """Its HTTP application."""
    async with (
        listening(service, http_port),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{http_port}", timeout=30) as client,
    ):
        yield client


@pytest_asyncio.fixture
async def browser(simulator: SimulatorProcess) -> AsyncIterator[Browser]:
    """What a page can do at Stripe."""
    async with httpx.AsyncClient(base_url=simulator.url, timeout=30) as page:
        yield Browser(page, simulator.publishable_key)


@pytest.fixture
def people(reservation_key: ec.EllipticCurvePrivateKey) -> People:
    """Signs people in, and signs their charges."""
    return People(reservation_key)


@pytest.fixture
def desk(client: httpx.AsyncClient, people: People, service: Payments, simulator: SimulatorProcess) -> Desk:
    """The service in a test's hands."""
    return Desk(client, people, service.engine, simulator)
