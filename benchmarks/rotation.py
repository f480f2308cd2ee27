"""Contenders in rotation: A, B, C, A, B, C, each after a look at what else the machine does."""

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
    """All that was measured, by contender and unit. `idle` tells which share of the machine has nothing to do."""

    idle: Callable[[], Awaitable[float]] = idle_share
    found: dict[tuple[str, str], list[Round]] = field(
        default_factory=lambda: defaultdict[tuple[str, str], list[Round]](list)
    )

    async def run(self, contenders: Sequence[Contender], *, times: int, rounds: int) -> None:
        """Each does it a tenth as many times to warm up, and then takes its turns."""
        for each in contenders:
            await each.measure(max(1, times // WARM_UP))
        for _ in range(rounds):
            for each in contenders:
                await self._once(each, times)

    def series(self, contender: str, unit: str) -> Series:
        """One contender's figures in one unit."""
        return Series(contender, unit, self.found[contender, unit])

    def all(self) -> Sequence[Series]:
        """Every series."""
        return [self.series(contender, unit) for contender, unit in list(self.found)]

    async def _once(self, contender: Contender, times: int) -> None:
        idle = await self.idle()
        for unit, figure in (await contender.measure(times)).items():
            self.found[contender.name, unit].append(Round(figure, idle))
