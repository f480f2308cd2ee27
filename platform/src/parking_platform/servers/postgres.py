"""PostgreSQL with PostGIS: one cluster; each service has a database and a role that reaches nothing else."""

import shutil
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import asyncpg

from parking_platform.ports import LOOPBACK
from parking_platform.processes import ProcessSpec, run_as
from parking_platform.programs import postgres_programs, unprivileged_user
from parking_platform.readiness import NotReady

SUPERUSER = "postgres"
DURABLE = {"shared_buffers": "256MB", "max_connections": "400", "wal_level": "logical"}
# For data that may be lost: a crash of the machine would break such a cluster, a crash of PostgreSQL would not.
# Passwords are hashed once: SCRAM's four thousand rounds, in Python on our side, cost each of the many thousand
# connections of a test run more than all it asks.
DISPOSABLE = {
    "password_encryption": "md5",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "max_connections": "300",
    "wal_level": "logical",
    "autovacuum_naptime": "1h",
}


@dataclass(frozen=True, kw_only=True)
class Postgres:
    """The cluster. `directory` must be enterable by other users: the server refuses to be root and runs as another."""

    directory: Path
    port: int
    superuser_password: str
    durable: bool = True
    name: str = "postgres"
    user: str | None = field(default_factory=unprivileged_user)

    @property
    def ports(self) -> Mapping[str, int]:
        """The TCP port; the Unix socket lies in the state directory."""
        return {"postgres": self.port}

    @property
    def data(self) -> Path:
        """PostgreSQL's own directory."""
        return self.directory / "data"

    def url(self, database: str, role: str = SUPERUSER, password: str | None = None) -> str:
        """A connection URL; without a role that of the superuser."""
        password = self.superuser_password if password is None else password
        return f"postgresql://{role}:{quote(password, safe='')}@{LOOPBACK}:{self.port}/{database}"

    def prepare(self) -> None:
        """Make the cluster when there is none. A half-made one is made again."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.user and self.directory.owner() != self.user:
            shutil.chown(self.directory, self.user)
        if (self.data / "PG_VERSION").exists():
            return
        making = self.directory / "data.new"
        shutil.rmtree(making, ignore_errors=True)
        password_file = self.directory / "superuser-password"
        password_file.touch(mode=0o600)
        password_file.write_text(self.superuser_password)
        if self.user:
            shutil.chown(password_file, self.user)
        durability = ("--auth=scram-sha-256",) if self.durable else ("--auth=md5", "--no-sync")
        run_as(
            self.user,
            (
                *(f"{postgres_programs()}/initdb", f"--pgdata={making}", f"--username={SUPERUSER}"),
                *(f"--pwfile={password_file}", "--encoding=UTF8", "--locale=C.UTF-8"),
                *durability,
            ),
            directory=self.directory,
        )
        password_file.unlink()
        making.rename(self.data)

    def process(self) -> ProcessSpec:
        """The postmaster; SIGINT is its fast shutdown, SIGQUIT the immediate one."""
        settings = (DURABLE if self.durable else DISPOSABLE) | {
            "port": str(self.port),
            "listen_addresses": LOOPBACK,
            "unix_socket_directories": str(self.directory),
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        options = (argument for name, value in settings.items() for argument in ("-c", f"{name}={value}"))
        return ProcessSpec(
            name=self.name,
            command=(f"{postgres_programs()}/postgres", "-D", str(self.data), *options),
            directory=self.directory,
            user=self.user,
            stop_signal=signal.SIGINT,
            orphan_signal=signal.SIGQUIT,
        )

    async def check(self) -> None:
        """Run a query."""
        try:
            connection = await asyncpg.connect(self.url("postgres"), timeout=5)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise NotReady(str(error)) from error
        try:
            await connection.fetchval("SELECT 1")
        finally:
            await connection.close()
