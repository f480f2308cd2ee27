"""Redis: caches, rate limits and fan-out; nothing that may not be lost."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from parking_platform.ports import LOOPBACK
from parking_platform.processes import ProcessSpec
from parking_platform.programs import find_program
from parking_platform.readiness import NotReady


@dataclass(frozen=True, kw_only=True)
class Redis:
    """One Redis; each service has a database number of its own."""

    directory: Path
    port: int
    durable: bool = True
    name: str = "redis"

    @property
    def ports(self) -> Mapping[str, int]:
        """The one port."""
        return {"redis": self.port}

    def url(self, database: int = 0) -> str:
        """The URL of one numbered database."""
        return f"redis://{LOOPBACK}:{self.port}/{database}"

    def prepare(self) -> None:
        """Make the directory of its dump."""
        self.directory.mkdir(parents=True, exist_ok=True)

    def process(self) -> ProcessSpec:
        """Everything is said on the command line: there is no configuration file."""
        persistence = ("--appendonly", "yes") if self.durable else ("--save", "", "--appendonly", "no")
        return ProcessSpec(
            name=self.name,
            command=(
                *(str(find_program("redis-server", package="redis-server")), "--port", str(self.port)),
                *("--bind", LOOPBACK, "--dir", str(self.directory), "--daemonize", "no"),
                *("--maxmemory", "256mb", "--maxmemory-policy", "volatile-lru", *persistence),
            ),
            directory=self.directory,
        )

    async def check(self) -> None:
        """Ask for a PONG: while Redis loads its dump it answers something else."""
        try:
            reader, writer = await asyncio.open_connection(LOOPBACK, self.port)
            writer.write(b"PING\r\n")
            answer = await reader.readline()
            writer.close()
            await writer.wait_closed()
        except OSError as error:
            raise NotReady(str(error)) from error
        if answer != b"+PONG\r\n":
            raise NotReady(answer.decode(errors="replace").strip())
