"""What tests hold in their hands: one class for each server, the same however it is run."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from secrets import token_urlsafe
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from parking_platform.databases import close_to_others, owner_of, provision_one
from parking_platform.servers.stripe_simulator import StripeKeys


def unique_name(prefix: str) -> str:
    """A name that no other test uses: lower case, digits and underscores."""
    return f"{prefix}_{uuid.uuid4().hex[:12]}"


def database_of(url: str) -> str:
    """The name of the database that a URL leads to."""
    return urlsplit(url).path.removeprefix("/")


async def execute(url: str, *statements: str) -> None:
    """Run statements as whom the URL names, each in a transaction of its own."""
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@dataclass(frozen=True)
class ServiceDatabase:
    """A database as a service has it: `url` is that of `serve` and `work`, `owner_url` that of `migrate`."""

    url: str
    owner_url: str

    @property
    def name(self) -> str:
        """The database's."""
        return database_of(self.url)

    @property
    def role(self) -> str:
        """The one that the service runs as. It gets its rights from `migrate`, like all that runs."""
        return urlsplit(self.url).username or ""

    @property
    def owner(self) -> str:
        """The one that owns the database, and all that `migrate` makes."""
        return urlsplit(self.owner_url).username or ""

    def copied_to(self, name: str) -> "ServiceDatabase":
        """Another database of the same roles."""
        return ServiceDatabase(
            *(urlunsplit(urlsplit(url)._replace(path=f"/{name}")) for url in (self.url, self.owner_url))
        )


@dataclass(frozen=True)
class SchemaOwner:
    """The role that `migrate` is, in one database: for what the role that a service runs as may not do.

    That is ANALYZE, migrations, and a schema that a test breaks. What a service does by itself is tested as its role.
    """

    url: str

    async def run(self, *statements: str) -> None:
        """Run statements, each in a transaction of its own."""
        await execute(self.url, *statements)


@dataclass(frozen=True)
class PostgresServer:
    """A PostgreSQL with PostGIS, btree_gist and pg_trgm at hand.

    `admin_url` is the superuser's, of the database `postgres`.
    """

    admin_url: str

    def url(self, database: str) -> str:
        """The superuser's URL of one database."""
        return urlunsplit(urlsplit(self.admin_url)._replace(path=f"/{database}"))

    def superuser_url(self, url: str) -> str:
        """The superuser's URL of the database that somebody else's leads to."""
        return self.url(database_of(url))

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

    async def create_service_database(self, *, extensions: Collection[str] = ()) -> ServiceDatabase:
        """Make a database with the two roles of a service, by the code that makes those of a platform."""
        name, password = unique_name("test"), token_urlsafe()
        owner = owner_of(name)
        await provision_one(self.admin_url, name, extensions, dict.fromkeys((name, owner), password))
        return ServiceDatabase(self._url_of(name, name, password), self._url_of(name, owner, password))

    async def copy_service_database(self, template: ServiceDatabase) -> ServiceDatabase:
        """Another one with the same content and the same roles. Nobody may be connected to the template."""
        copy = template.copied_to(unique_name("test"))
        connection = await asyncpg.connect(self.admin_url)
        try:
            made = f'CREATE DATABASE "{copy.name}" TEMPLATE "{template.name}" OWNER "{template.owner}"'
            await connection.execute(made)
            await close_to_others(connection, copy.name, template.role)
        finally:
            await connection.close()
        return copy

    async def drop_service_database(self, database: ServiceDatabase) -> None:
        """Remove a database and its roles, which no copy may have any more."""
        await self.drop_database(database.name)
        await self.execute(*(f'DROP ROLE "{role}"' for role in (database.role, database.owner)))

    async def drop_database(self, name: str) -> None:
        """Remove a database and everybody who is connected to it."""
        await self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def execute(self, *statements: str, database: str = "postgres") -> None:
        """Run statements as the superuser, each in a transaction of its own."""
        await execute(self.url(database), *statements)

    def _url_of(self, database: str, role: str, password: str) -> str:
        server = urlsplit(self.admin_url)
        place = f"{role}:{password}@{server.netloc.rpartition('@')[2]}"
        return urlunsplit(server._replace(netloc=place, path=f"/{database}"))


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
