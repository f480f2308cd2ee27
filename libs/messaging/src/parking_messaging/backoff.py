"""Waiting longer each time, never in step with the others."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

type Sleep = Callable[[float], Awaitable[object]]
"""Waits for so many seconds; tests pass their own."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Doubles from `first` to `longest` seconds, then takes a random half off (so that waiters spread)."""

    first: float = 0.1
    longest: float = 30.0

    def delay(self, attempt: int, draw: Callable[[], float] = random.random) -> float:
        """Seconds to wait before try number `attempt` + 1, the first failed try being number 1."""
        ceiling = min(self.longest, self.first * 2.0 ** min(attempt - 1, 32))
        return ceiling * (0.5 + draw() / 2)
