"""The platform in containers: what docker-compose.yml needs from this checkout, and `docker compose` itself."""

import asyncio
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from parking_platform import demo
from parking_platform.accounts import AUTH, create_accounts
from parking_platform.composition import Composition
from parking_platform.databases import ADMIN_URL_VARIABLE, password_variable
from parking_platform.environments import Addresses, Environments
from parking_platform.failures import PlatformFailure
from parking_platform.layout import Layout
from parking_platform.programs import CHECKOUT
from parking_platform.report import Report
from parking_platform.servers.postgres import SUPERUSER

COMPOSE = ("docker", "compose")
LINES_SHOWN = "40"


class ComposeFailed(PlatformFailure):
    """`docker compose` failed; it has said why."""


def environment_files(parts: Composition) -> Mapping[str, Mapping[str, str]]:
    """What the containers find in their environment: the same settings as natively, at the containers' addresses."""
    inside = Environments(
        settings=parts.settings,
        secrets=parts.secrets,
        profile=parts.profile,
        addresses=Addresses.in_containers(parts.settings),
    )
    password = inside.superuser_password
    roles = {password_variable(role): password for role, password in inside.database_passwords.items()}
    admin_url = f"postgresql://{SUPERUSER}:{password}@{inside.addresses.postgres}/postgres"
    return {
        **{name: inside.service(name) for name in parts.settings.services},
        **{f"{name}-migrate": inside.migration(name) for name in parts.settings.services},
        "gateway": inside.gateway,
        "postgres": {"POSTGRES_PASSWORD": password},
        "databases": {ADMIN_URL_VARIABLE: admin_url, **roles},
        "stripe-simulator": {
            **parts.stripe_simulator.keys.variables,
            "STRIPE_SIMULATOR_WEBHOOK_URL": inside.webhook_url,
            "STRIPE_SIMULATOR_PUBLIC_URL": parts.stripe_simulator.url,
        },
    }


@dataclass(frozen=True)
class Containers:
    """The commands of `make`, where a Docker engine answers."""

    parts: Composition
    report: Report

    async def up(self) -> None:
        """Build what changed, start what does not run, and wait until all are healthy."""
        self.write_files()
        await compose("up", "--build", "--detach", "--wait")
        # From here, by the ports on loopback: the command and its settings are those of the native platform.
        log = self._layout.logs / "accounts.log"
        await create_accounts(self.parts.secrets, self.parts.service_environment(AUTH), log)
        demo.write(self.parts)
        self.report.say(f"Up: {self.parts.public_url}\nAddresses and accounts: {self._layout.demo}")

    async def down(self) -> None:
        """Stop and remove the containers; their data stays."""
        self.write_files()
        await compose("down")
        self._layout.demo.unlink(missing_ok=True)

    async def reset(self) -> None:
        """Stop everything and delete its data."""
        self.write_files()
        await compose("down", "--volumes")
        for path in self._layout.delete():
            self.report.say(f"Deleted {path}")

    async def status(self) -> None:
        """Each container and its health."""
        self.write_files()
        await compose("ps", "--all")

    async def restart(self, name: str) -> None:
        """Restart one container, or both of a service."""
        self.write_files()
        await compose("restart", *self._containers(name))

    async def run(self, service: str, arguments: Sequence[str]) -> None:
        """A service's own command, in the container that has its settings."""
        self.write_files()
        await compose("exec", f"{service}-work", f"{service}-service", *arguments)

    async def psql(self, service: str, arguments: Sequence[str]) -> None:
        """`psql` on a service's database. The container knows the password, so that it is in no process list."""
        self.write_files()
        become = f'PGPASSWORD="$POSTGRES_PASSWORD" exec psql --username {SUPERUSER} --dbname "$0" "$@"'
        await compose("exec", "postgres", "sh", "-c", become, service, *arguments)

    async def logs(self, name: str | None, *, follow: bool) -> None:
        """The end of the logs of one container, of a service's, or of all."""
        self.write_files()
        await compose(
            "logs", "--tail", LINES_SHOWN, *(("--follow",) if follow else ()), *(self._containers(name) if name else ())
        )

    def write_files(self) -> None:
        """Write what docker-compose.yml reads. Others may not enter the folder; below it the gateway's user reads."""
        self._layout.create()
        folder = self._layout.run / "containers"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in (self._layout.tls, self._layout.logs, folder / "tls"):
            path.mkdir(parents=True, exist_ok=True)
        for name, variables in environment_files(self.parts).items():
            _write(folder / f"{name}.env", "".join(f"{key}='{value}'\n" for key, value in variables.items()))
        certificates = self.parts.certificates
        certificates.ensure()
        for source, name in ((certificates.certificate, "tls.crt"), (certificates.key, "tls.key")):
            shutil.copyfile(source, folder / "tls" / name)
            (folder / "tls" / name).chmod(0o644)

    def _containers(self, name: str) -> tuple[str, ...]:
        return (f"{name}-serve", f"{name}-work") if name in self.parts.settings.services else (name,)

    @property
    def _layout(self) -> Layout:
        return self.parts.layout


async def compose(*arguments: str) -> None:
    """Run `docker compose` for this checkout; its output is for people."""
    process = await asyncio.create_subprocess_exec(*COMPOSE, *arguments, cwd=CHECKOUT)
    if await process.wait():
        raise ComposeFailed(f"`{' '.join((*COMPOSE, *arguments))}` failed (exit {process.returncode}).")


def _write(file: Path, content: str) -> None:
    being_written = file.with_suffix(".part")
    with os.fdopen(os.open(being_written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as output:
        output.write(content)
    being_written.rename(file)
