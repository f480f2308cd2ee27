"""What can be done to the processes of a running platform."""

import asyncio
import os
import signal
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from parking_messaging import crash_points
from parking_messaging.crash_points import CrashPoint
from parking_platform.ports import LOOPBACK, free_port
from parking_platform.readiness import require_ok, wait_until_ready
from parking_platform.servers.service import program
from parking_platform.testing.platform import RunningPlatform
from parking_platform.testing.waiting import wait_until

# For how long a row waits, not what it allows: a machine that is busy with other things takes its time, and what is
# right is judged by the stores. The rows that limit how long a process takes to be back measure that.
REACHED_SECONDS = 300
BACK_SECONDS = 300
START_SECONDS = 300


@dataclass(frozen=True)
class Faults:
    """Each waits until the process is back, and returns after how many seconds that was. `kills` keeps that by name."""

    platform: RunningPlatform
    kills: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    async def crash(self, service: str, point: CrashPoint) -> float:
        """Have the service's next process that comes to this point die there."""
        names = (f"{service}-serve", f"{service}-work")
        before = {name: self.platform.stack.state(name).pid for name in names}
        order = crash_points.order(self.platform.crash_points, service, point)
        order.touch()
        try:
            await wait_until(lambda: not order.exists(), f"{service} to reach {point}", seconds=REACHED_SECONDS)
        finally:
            order.unlink(missing_ok=True)
        died = time.monotonic()

        def replaced() -> str | None:
            return next((name for name in names if self._is_another(name, before[name])), None)

        name = await wait_until(replaced, f"a new process of {service}", seconds=BACK_SECONDS)
        assert name
        await self.platform.wait_until_ready(name, BACK_SECONDS)
        return time.monotonic() - died

    async def kill(self, name: str) -> float:
        """`kill -9`."""
        pid = self.platform.signal(name, signal.SIGKILL)
        died = time.monotonic()
        await wait_until(lambda: self._is_another(name, pid), f"a new process of {name}", seconds=BACK_SECONDS)
        await self.platform.wait_until_ready(name, BACK_SECONDS)
        self.kills[name].append(round(time.monotonic() - died, 1))
        return self.kills[name][-1]

    async def freeze(self, name: str, seconds: float) -> None:
        """SIGSTOP, and SIGCONT after a while."""
        self.platform.signal(name, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            self.platform.signal(name, signal.SIGCONT)

    @asynccontextmanager
    async def second_worker(self, service: str, **settings: str) -> AsyncIterator[str]:
        """One more `work` of a service, as a second pod would be, with settings of its own; its address."""
        port, prefix = free_port(), service.upper()
        own = {f"{prefix}_{name}": value for name, value in {**settings, "WORKER_PORT": str(port)}.items()}
        environment = os.environ | self.platform.parts.service_environment(service) | own
        process = await asyncio.create_subprocess_exec(
            program(service), "work", env=environment,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        address = f"http://{LOOPBACK}:{port}"
        try:
            await wait_until_ready(lambda: require_ok(f"{address}/readyz"), seconds=START_SECONDS)
            yield address
        finally:
            process.terminate()
            await process.wait()

    def _is_another(self, name: str, pid: int) -> bool:
        return self.platform.stack.state(name).pid not in {0, pid}
