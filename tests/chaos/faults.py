"""What can be done to the processes of a running platform."""

import asyncio
import signal
import time
from collections import defaultdict
from dataclasses import dataclass, field

from parking_messaging import crash_points
from parking_messaging.crash_points import CrashPoint
from parking_platform.testing.platform import RunningPlatform
from parking_platform.testing.waiting import wait_until

REACHED_SECONDS = 60
BACK_SECONDS = 60


@dataclass(frozen=True)
class Faults:
    """Each waits until the process is back, and tells after how many seconds that was. `kills` keeps that by name."""

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

    def _is_another(self, name: str, pid: int) -> bool:
        return self.platform.stack.state(name).pid not in {0, pid}
