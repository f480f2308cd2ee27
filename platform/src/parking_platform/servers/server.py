"""What all servers have in common, and starting one as a child."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from parking_platform.failures import PlatformFailure
from parking_platform.processes import ChildProcess, ProcessSpec, log_tail
from parking_platform.readiness import NeverReady, wait_until_ready

START_SECONDS = 60.0


class Server(Protocol):
    """One server process and all that is known about it."""

    @property
    def name(self) -> str:
        """Its name in logs and messages."""
        ...

    @property
    def ports(self) -> Mapping[str, int]:
        """The ports it listens on, by their name in platform.toml."""
        ...

    def prepare(self) -> None:
        """Make its state directory what it must be. Blocks; doing it again changes nothing."""
        ...

    def process(self) -> ProcessSpec:
        """How it is started and stopped."""
        ...

    async def check(self) -> None:
        """Raise NotReady unless it serves."""
        ...


class DidNotStart(PlatformFailure):
    """A server did not come up; the message says why, and shows the end of its log."""


async def start_child(server: Server, logs: Path) -> ChildProcess:
    """Start the server as a child of this process, and return when it serves."""
    await asyncio.to_thread(server.prepare)
    child = ChildProcess.start(server.process(), logs / f"{server.name}.log")
    try:
        await wait_until_ready(server.check, seconds=START_SECONDS, running=lambda: child.running)
    except NeverReady as reason:
        await child.stop()
        raise DidNotStart(f"{server.name} did not start: {reason}\n{log_tail(child.log)}") from reason
    return child
