"""Our own services: `serve` answers HTTP, `work` runs consumers and timers, `migrate` comes before both."""

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from parking_platform.failures import PlatformFailure
from parking_platform.ports import LOOPBACK
from parking_platform.processes import YIELDING, ProcessSpec, inherited_environment, log_tail
from parking_platform.readiness import require_ok

PROGRAMS = Path(sys.executable).parent


class CommandFailed(PlatformFailure):
    """A service's command failed; the message shows the end of its log."""


@dataclass(frozen=True, kw_only=True)
class ServiceProcess:
    """One process of a service; `subcommand` is `serve` or `work`."""

    service: str
    subcommand: str
    directory: Path
    port: int
    port_name: str
    environment: Mapping[str, str]

    @property
    def name(self) -> str:
        """`auth-serve`, `auth-work`."""
        return f"{self.service}-{self.subcommand}"

    @property
    def ports(self) -> Mapping[str, int]:
        """The one port that has /healthz, /readyz and /metrics."""
        return {self.port_name: self.port}

    def prepare(self) -> None:
        """Make its working directory: a service keeps no state, but everything of a checkout runs below its state."""
        self.directory.mkdir(parents=True, exist_ok=True)

    def process(self) -> ProcessSpec:
        """Its one process."""
        return ProcessSpec(
            name=self.name,
            command=(*(YIELDING if self.subcommand == "work" else ()), str(program(self.service)), self.subcommand),
            directory=self.directory,
            environment=self.environment,
        )

    async def check(self) -> None:
        """Ask whether it and what it depends on are ready."""
        await require_ok(f"http://{LOOPBACK}:{self.port}/readyz")


def program(service: str) -> Path:
    """The service's command."""
    return PROGRAMS / f"{service}-service"


async def run_command(service: str, *arguments: str, environment: Mapping[str, str], log: Path) -> None:
    """Run one of the service's commands to its end; raise CommandFailed when it fails."""
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            program(service),
            *arguments,
            env=inherited_environment() | dict(environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
        )
        await process.wait()
    if process.returncode:
        raise CommandFailed(
            f"`{service}-service {' '.join(arguments)}` failed (exit {process.returncode}).\n"
            f"  The end of {log}:\n{log_tail(log)}"
        )
