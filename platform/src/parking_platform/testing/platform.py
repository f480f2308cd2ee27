"""The whole platform for system tests, by the code of `make up`, on free ports and with its own data."""

import os
import signal
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from parking_platform.accounts import Account, accounts
from parking_platform.composition import Composition
from parking_platform.demonstration import Demonstration
from parking_platform.layout import Layout
from parking_platform.ports import free_ports
from parking_platform.report import Report
from parking_platform.secret_store import SecretStore
from parking_platform.settings import PlatformSettings, Traces, load_settings
from parking_platform.stack import Stack
from parking_platform.testing.span_receiver import SpanReceiver, receiving_spans

# A test that loses a webhook waits until payment asks by itself, which in production takes a minute; and every test has
# people of its own, whose passwords nobody wants to guess.
IMPATIENT = {"PAYMENT_UNKNOWN_AFTER": "3", "AUTH_BCRYPT_COST": "4"}
CRASH_POINTS = "crash-points"
# Of the traces that begin at the gateway; a client whose `traceparent` says so has its own recorded.
RECORDED = 0.2


@dataclass(frozen=True)
class RunningPlatform:
    """A platform that is up. Processes are named as in `make status`: `auth-serve`, `postgres`, `nginx`."""

    parts: Composition
    stack: Stack
    spans: SpanReceiver

    @property
    def gateway(self) -> str:
        """The public address, without a slash at its end."""
        return self.parts.public_url

    @property
    def ca(self) -> Path:
        """The certificate authority that clients must trust."""
        return self.parts.certificates.authority

    def client(self, from_address: str | None = None) -> httpx.AsyncClient:
        """An HTTP client of the gateway that trusts its certificate, from any address. Paths begin with /api/v1."""
        trust = ssl.create_default_context(cafile=self.ca)
        transport = httpx.AsyncHTTPTransport(verify=trust, local_address=from_address)
        return httpx.AsyncClient(base_url=self.gateway, transport=transport, trust_env=False, timeout=30)

    @property
    def mail(self) -> str:
        """The mail catcher's page and API."""
        return self.parts.mail_catcher.url

    @property
    def stripe(self) -> str:
        """The Stripe simulator's address."""
        return self.parts.stripe_simulator.url

    @property
    def kafka(self) -> str:
        """The broker's bootstrap servers."""
        return self.parts.kafka.bootstrap_servers

    @property
    def elasticsearch(self) -> str:
        """The search node's address."""
        return self.parts.elasticsearch.url

    @property
    def redis(self) -> str:
        """The URL of Redis' database 0."""
        return self.parts.redis.url()

    @property
    def postgres(self) -> Mapping[str, str]:
        """The URL of each service's database, as the role that it runs as."""
        return {name: self.parts.database_url(name) for name in self.parts.settings.databases}

    @property
    def postgres_owners(self) -> Mapping[str, str]:
        """The same, as the role that owns the schema."""
        return {name: self.parts.environments.owner_url(name) for name in self.parts.settings.databases}

    @property
    def postgres_admin(self) -> str:
        """The superuser's URL of the database `postgres`."""
        return self.parts.postgres.url("postgres")

    @property
    def crash_points(self) -> Path:
        """Where the services look for orders to die (`parking_messaging.crash_points`)."""
        return self.parts.layout.server(CRASH_POINTS)

    @property
    def accounts(self) -> Mapping[str, Account]:
        """The accounts to sign in with: driver, operator, admin."""
        return accounts(self.parts.secrets)

    def address(self, service: str) -> str:
        """A service's own HTTP address, past the gateway; `auth_worker` is that of its worker."""
        return f"http://127.0.0.1:{self.parts.settings.ports[service]}"

    def log(self, name: str) -> str:
        """All that a process has written."""
        return (self.parts.layout.logs / f"{name}.log").read_text(errors="replace")

    def signal(self, name: str, signal_number: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal to a process; returns the process id that it had."""
        pid = self.stack.state(name).pid
        os.kill(pid, signal_number)
        return pid

    async def wait_until_ready(self, name: str, seconds: float = 30) -> None:
        """Wait until a process serves (again)."""
        await self.stack.wait_until_ready(name, seconds)


def settings_on_free_ports(otlp_endpoint: str = "") -> PlatformSettings:
    """The settings of the tree with all ports moved, and a share of the traces recorded where there is a receiver."""
    settings = load_settings()
    ports = dict(zip(settings.ports, free_ports(len(settings.ports)), strict=True))
    traces = Traces(otlp_endpoint=otlp_endpoint, sample_ratio=RECORDED) if otlp_endpoint else settings.traces
    return settings.model_copy(update={"ports": ports, "traces": traces})


def compose(
    directory: Path, *, profile: str, with_services: bool = True, durable: bool = False, otlp_endpoint: str = ""
) -> Composition:
    """A platform below a directory that other users may enter, as they may not enter what `make up` calls `.run`."""
    settings = settings_on_free_ports(otlp_endpoint)
    if not with_services:
        settings = settings.model_copy(update={"services": {}})
    layout = Layout(run=directory / "run", state=directory / "state")
    directory.mkdir(exist_ok=True)
    layout.run.mkdir(mode=0o700)
    crash_points = layout.server(CRASH_POINTS)
    crash_points.mkdir(parents=True)
    for_tests = {"ENVIRONMENT": "test", "CRASH_POINTS": str(crash_points)}
    everyone = {
        f"{service.upper()}_{name}": value for service in settings.services for name, value in for_tests.items()
    }
    return Composition(
        settings=settings,
        layout=layout,
        secrets=SecretStore(layout.secrets, layout.require_secrets),
        profile=settings.profiles[profile].model_copy(update={"log_level": "INFO"}),  # tests read the logs
        durable=durable,
        overrides=IMPATIENT | everyone,
    )


@asynccontextmanager
async def running_platform(
    directory: Path,
    *,
    profile: str = "bench",
    with_services: bool = True,
    as_in_production: bool = False,
    demonstration: Demonstration | None = None,
) -> AsyncIterator[RunningPlatform]:
    """Bring it up, and down after the block. `bench` is without rate limits: all tests come from one address.

    It is empty but for the accounts, unless a demonstration is asked for. `as_in_production`: what it acknowledges is
    on the disk, and no trace is sent to the test; for what is measured.
    """
    with receiving_spans() as spans:
        parts = compose(
            directory,
            profile=profile,
            with_services=with_services,
            durable=as_in_production,
            otlp_endpoint="" if as_in_production else spans.address,
        )
        stack = Stack(parts, Report(quiet=True), ends_with_us=True, demonstration=demonstration)
        try:
            await stack.up()
            yield RunningPlatform(parts, stack, spans)
        finally:
            await stack.down()
