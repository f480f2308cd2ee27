"""Notification with everything around it, each part of which can be stopped and started again."""

import base64
import signal
from asyncio.subprocess import Process
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
from services.notification.tests import programs
from services.notification.tests.installation import INTERNAL_TOKEN, ISSUER, access_token, settings_for, settings_values
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from notification_service.settings import NotificationSettings
from parking_platform.ports import LOOPBACK, free_port
from parking_platform.processes import ChildProcess
from parking_platform.servers.mail_catcher import MailCatcher
from parking_platform.servers.redis import Redis
from parking_platform.servers.server import Server, start_child
from parking_platform.testing.servers import SchemaOwner, ServiceDatabase
from parking_platform.testing.waiting import wait_until

PASSWORD = "correct horse battery"


@dataclass
class Backing:
    """A server that is no service of ours."""

    server: Server
    logs: Path
    stack: AsyncExitStack
    child: ChildProcess | None = None

    async def start(self) -> None:
        self.child = await start_child(self.server, self.logs)
        self.stack.push_async_callback(self.stop)

    async def stop(self) -> None:
        if self.child is not None:
            child, self.child = self.child, None
            await child.stop()


@dataclass
class Program:
    """One process of a service."""

    service: str
    subcommand: str
    port: int
    values: dict[str, object]
    log: Path
    stack: AsyncExitStack
    process: Process | None = None
    _own: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def start(self) -> None:
        environment = programs.environment(self.service, self.values)
        self._own = AsyncExitStack()
        self.process = await self._own.enter_async_context(
            programs.running(self.service, environment, self.subcommand, self.port, self.log)
        )
        self.stack.push_async_callback(self._own.aclose)

    async def stop(self) -> None:
        await self._own.aclose()

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"


class RunningNotification:
    """The service, two databases (its own and auth's), and what it needs."""

    def __init__(
        self,
        directory: Path,
        database: ServiceDatabase,
        auth_database: ServiceDatabase,
        kafka: str,
        stack: AsyncExitStack,
    ) -> None:
        self._directory = directory
        self._stack = stack
        self.database_url = database.url
        self.schema_owner = SchemaOwner(database.owner_url)
        redis = Redis(directory=directory / "redis", port=free_port(), durable=False)
        mail = MailCatcher(directory=directory / "mail", smtp_port=free_port(), http_port=free_port())
        self.mail_url, self.redis_url = mail.url, redis.url(4)
        self.redis = Backing(redis, directory, stack)
        self.mail = Backing(mail, directory, stack)
        self.auth = self._program("auth", "serve", self._auth_values(auth_database.url))
        self._auth_owner_url = auth_database.owner_url
        self._values: dict[str, object] = {
            "redis_url": self.redis_url,
            "kafka_bootstrap_servers": kafka,
            "smtp_host": LOOPBACK,
            "smtp_port": mail.smtp_port,
            "auth_url": self.auth.url,
        }
        self.settings: NotificationSettings = settings_for(database.url, **self._values)
        self.worker = self.program("work")
        self.serving = [self.program("serve"), self.program("serve")]

    def program(self, subcommand: str, **changes: object) -> Program:
        """One more process of notification, with changed settings."""
        values = settings_values(self.database_url, **self._values, **changes)
        return self._program("notification", subcommand, values)

    async def migrate(self) -> None:
        """Bring both databases to their schema, as production does it: by its owner, for the role that runs."""
        values = {**self.auth.values, "database_migration_url": self._auth_owner_url}
        await programs.run("auth", programs.environment("auth", values), "migrate", "--no-topics")
        values = settings_values(self.database_url, database_migration_url=self.schema_owner.url)
        await programs.run("notification", programs.environment("notification", values), "migrate", "--no-topics")

    async def registered(self, full_name: str = "Dora Driver") -> tuple[UUID, str]:
        """A user in auth, and their address."""
        address = f"driver-{uuid4().hex}@example.com"
        environment = programs.environment("auth", self.auth.values) | {"AUTH_ACCOUNT_PASSWORD": PASSWORD}
        said = await programs.run("auth", environment, "create-account", "--email", address, "--name", full_name)
        return UUID(said.strip().splitlines()[-1]), address

    async def mails_to(self, address: str) -> list[dict[str, Any]]:
        """What arrived, the newest first."""
        async with httpx.AsyncClient(base_url=self.mail_url, trust_env=False) as page:
            return (await page.get("/messages", params={"to": address})).json()

    async def wait_mails(self, address: str, count: int, seconds: float = 30) -> list[dict[str, Any]]:
        """So many mails, as soon as they are there."""

        async def arrived() -> list[dict[str, Any]]:
            mails = await self.mails_to(address)
            return mails if len(mails) >= count else []

        return await wait_until(arrived, f"{count} mails to {address}", seconds=seconds)

    async def fetch(self, query: str, *arguments: object) -> list[Any]:
        """What is really kept."""
        connection = await asyncpg.connect(self.database_url)
        try:
            return [tuple(row) for row in await connection.fetch(query, *arguments)]
        finally:
            await connection.close()

    def socket(self, user_id: UUID, process: int = 0, **claims: Any) -> connect:
        """A WebSocket to one of the serving processes."""
        return open_socket(self.serving[process], access_token(user_id, **claims))

    def _program(self, service: str, subcommand: str, values: dict[str, object]) -> Program:
        port = free_port()
        port_name = "worker_port" if subcommand == "work" else "http_port"
        log = self._directory / f"{service}-{subcommand}-{port}.log"
        return Program(service, subcommand, port, {**values, port_name: port}, log, self._stack)

    @staticmethod
    def _auth_values(database_url: str) -> dict[str, object]:
        return {
            "environment": "test",
            "database_url": database_url,
            "pool_size": 5,
            "token_issuer": ISSUER,
            "public_url": ISSUER,
            "master_key": base64.b64encode(bytes(32)).decode(),
            "answer_keys": base64.b64encode(bytes(32)).decode(),
            "bcrypt_cost": 4,
            "internal_token": INTERNAL_TOKEN,
        }


def open_socket(program: Program, token: str) -> connect:
    """A WebSocket with a token."""
    protocol = Subprotocol(f"bearer.{token}")
    return connect(f"ws://{LOOPBACK}:{program.port}/api/v1/ws", subprotocols=[protocol], proxy=None)


__all__ = ["ClientConnection", "RunningNotification", "open_socket"]
