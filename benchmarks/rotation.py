"""Contenders in rotation: A, B, C, A, B, C, each after a look at what else the machine does."""

import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.figures import Round, Series
from benchmarks.machine import idle_share

Measured = Mapping[str, float]
"""Figures by unit, such as `{"/s": 612.0, "p99 ms": 41.5}`."""

WARM_UP = 10


class WrongAnswer(Exception):
    """Something that was measured did not do what it was asked for, so its figures mean nothing."""


class NotMeasured(Exception):
    """The machine or the platform did not let it be measured."""


@dataclass(frozen=True)
class Contender:
    """Something to be measured. `measure` gets how many times to do it."""

    name: str
    measure: Callable[[int], Awaitable[Measured]]


@dataclass
class Rotation:
    """All that was measured, by contender and unit. `idle` gives the share of the machine that is idle.

    `times` is how many times each did it in a round.
    """

    idle: Callable[[], Awaitable[float]] = idle_share
    times: int = 0
    found: dict[tuple[str, str], list[Round]] = field(
        default_factory=lambda: defaultdict[tuple[str, str], list[Round]](list)
    )

    async def run(
        self, contenders: Sequence[Contender], *, times: int, rounds: int, seconds: float | None = None
    ) -> None:
        """Each contender runs a tenth as many times to warm up, and then in rotation with the others.

        With `seconds`, all do it less often where the slowest would need longer.
        """
        warm_up = max(1, times // WARM_UP)
        slowest = max([await self._warm_up(each, warm_up) for each in contenders])
        self.times = times if seconds is None else min(times, max(warm_up, round(seconds / slowest)))
        for _ in range(rounds):
            for each in contenders:
                await self._once(each, self.times)

    def series(self, contender: str, unit: str) -> Series:
        """One contender's figures in one unit."""
        return Series(contender, unit, self.found[contender, unit])

    def all(self) -> Sequence[Series]:
        """Every series."""
        return [self.series(contender, unit) for contender, unit in list(self.found)]

    async def _warm_up(self, contender: Contender, times: int) -> float:
        """How many seconds it took each time."""
        began = time.perf_counter()
        await contender.measure(times)
        return (time.perf_counter() - began) / times

    async def _once(self, contender: Contender, times: int) -> None:
        idle = await self.idle()
        for unit, figure in (await contender.measure(times)).items():
            self.found[contender.name, unit].append(Round(figure, idle))
