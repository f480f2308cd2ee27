"""What tests hold in their hands: one class for each server, the same however it is run."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from parking_platform.servers.stripe_simulator import StripeKeys


def unique_name(prefix: str) -> str:
    """A name that no other test uses: lower case, digits and underscores."""
    return f"{prefix}_{uuid.uuid4().hex[:12]}"


@dataclass(frozen=True)
class PostgresServer:
    """A PostgreSQL with PostGIS, btree_gist and pg_trgm at hand.

    `admin_url` is the superuser's, of the database `postgres`.
    """

    admin_url: str

    def url(self, database: str) -> str:
        """The superuser's URL of one database."""
        return urlunsplit(urlsplit(self.admin_url)._replace(path=f"/{database}"))

    async def create_database(
        self, name: str | None = None, *, template: str | None = None, extensions: Sequence[str] = ()
    ) -> str:
        """Make a database and return its URL.

        `template` names a database to copy, to which nobody may be connected. Without a name it gets a unique one.
        """
        name = name or unique_name("test")
        await self.execute(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))
        await self.execute(*(f'CREATE EXTENSION "{each}"' for each in extensions), database=name)
        return self.url(name)

    async def drop_database(self, name: str) -> None:
        """Remove a database and everybody who is connected to it."""
        await self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def execute(self, *statements: str, database: str = "postgres") -> None:
        """Run statements as the superuser, each in a transaction of its own."""
        connection = await asyncpg.connect(self.url(database))
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()


@dataclass(frozen=True)
class RedisServer:
    """A Redis. Tests use keys of their own, or flush a database that is theirs."""

    url: str

    def database_url(self, number: int) -> str:
        """The URL of one of its numbered databases (0 to 15)."""
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{number}"))


@dataclass(frozen=True)
class KafkaServer:
    """A broker that creates no topic by itself."""

    bootstrap_servers: str

    async def create_topic(
        self, name: str | None = None, *, partitions: int = 1, settings: Mapping[str, str] | None = None
    ) -> str:
        """Make a topic and return its name; without one it gets a unique one."""
        name = name or unique_name("test")
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap_servers)
        await admin.start()
        try:
            await admin.create_topics([NewTopic(name, partitions, 1, topic_configs=dict(settings or {}))])
        finally:
            await admin.close()
        return name


@dataclass(frozen=True)
class ElasticsearchServer:
    """A node that creates no index by itself."""

    url: str


@dataclass(frozen=True)
class StripeServer:
    """A Stripe simulator with one account. A test that wants its webhooks listens at `webhook_url`, which is free."""

    url: str
    webhook_url: str
    keys: StripeKeys


@dataclass(frozen=True)
class MailCatcherServer:
    """A mail server that delivers to a page: `url` is the page, the rest where mail is sent to."""

    url: str
    smtp_host: str
    smtp_port: int
