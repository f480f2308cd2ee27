"""Payment as it really runs: a process with a database of its own, whose outbox a test may fill."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from parking_events import WireEvent
from parking_messaging import PostgresOutbox
from parking_platform.ports import LOOPBACK, free_port
from parking_platform.processes import inherited_environment
from parking_platform.servers.service import program
from parking_platform.testing.waiting import wait_until

INTERNAL_TOKEN = "an internal token of more than 32 characters"


def settings_of_payment(database_url: str, signing_key: str) -> dict[str, str]:
    """What payment's processes find in their environment. Nobody is at the provider's address."""
    public = load_der_private_key(base64.b64decode(signing_key), password=None).public_key()
    values = {
        "environment": "test",
        "database_url": database_url,
        "pool_size": "5",
        "token_issuer": "https://parking.test",
        "internal_token": INTERNAL_TOKEN,
        "charge_key": base64.b64encode(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode(),
        "answer_keys": base64.b64encode(bytes(32)).decode(),
        "stripe_secret_key": "sk_test_nobody",
        "stripe_publishable_key": "pk_test_nobody",
        "stripe_webhook_secret": "whsec_nobody",
        "stripe_api_base": f"http://{LOOPBACK}:{free_port()}",
    }
    return inherited_environment() | {f"PAYMENT_{name.upper()}": value for name, value in values.items()}


async def migrate_payment(environment: dict[str, str], owner_url: str) -> None:
    """Make payment's tables, as their owner."""
    environment = environment | {"PAYMENT_DATABASE_MIGRATION_URL": owner_url}
    process = await asyncio.create_subprocess_exec(program("payment"), "migrate", "--no-topics", env=environment)
    assert await asyncio.wait_for(process.wait(), 60) == 0


@dataclass(frozen=True)
class Payment:
    """The running service, and its database."""

    environment: dict[str, str]
    port: int
    engine: AsyncEngine
    logs: Path

    @property
    def url(self) -> str:
        """Where `serve` answers."""
        return f"http://{LOOPBACK}:{self.port}"

    async def commits(self, *events: WireEvent) -> None:
        """Events of payments, written as payment writes them: into the outbox."""
        async with self.engine.begin() as connection:
            await PostgresOutbox().add(connection, events)

    async def run(self, statement: str, **values: object) -> None:
        """Change a table behind its back."""
        async with self.engine.begin() as connection:
            await connection.execute(text(statement), values)

    async def is_published(self) -> bool:
        """Whether nothing is left in the outbox."""
        async with self.engine.connect() as connection:
            unsent = await connection.execute(text("SELECT 1 FROM outbox WHERE sent_at IS NULL LIMIT 1"))
            return unsent.first() is None

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Its `serve` answers within the block."""
        async with self._process("serve", "HTTP_PORT", self.port):
            yield

    @asynccontextmanager
    async def publishing(self, bootstrap_servers: str) -> AsyncIterator[None]:
        """Its `work` runs within the block, whose relay publishes."""
        async with self._process("work", "WORKER_PORT", free_port(), KAFKA_BOOTSTRAP_SERVERS=bootstrap_servers):
            yield

    @asynccontextmanager
    async def _process(self, subcommand: str, port_name: str, port: int, **changes: str) -> AsyncIterator[None]:
        changed = {f"PAYMENT_{name}": value for name, value in {port_name: str(port), **changes}.items()}
        log = self.logs / f"payment-{subcommand}.log"
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                program("payment"), subcommand, env=self.environment | changed, stdout=output, stderr=output
            )
        try:
            async with httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{port}", trust_env=False) as client:

                async def answers() -> bool:
                    assert process.returncode is None, f"it ended: see {log}"
                    try:
                        return (await client.get("/healthz")).is_success
                    except httpx.TransportError:
                        return False

                await wait_until(answers, f"payment's {subcommand}", seconds=60)
            yield
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
