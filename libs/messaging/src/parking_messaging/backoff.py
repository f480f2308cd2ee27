"""Waiting longer each time, never in step with the others."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from parking_kernel.pauses import GrowingPause

type Sleep = Callable[[float], Awaitable[object]]
"""Waits for so many seconds; tests pass their own."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Doubles from `first` to `longest` seconds, then takes a random half off (so that waiters spread)."""

    first: float = 0.1
    longest: float = 30.0

    def delay(self, attempt: int, draw: Callable[[], float] = random.random) -> float:
        """Seconds to wait before try number `attempt` + 1, the first failed try being number 1."""
        pause = GrowingPause(timedelta(seconds=self.first), timedelta(seconds=self.longest))
        return pause.after(attempt).total_seconds() * (0.5 + draw() / 2)
