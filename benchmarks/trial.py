"""What a row gets to work with, and what it hands back."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from benchmarks.figures import Line
from benchmarks.rotation import Contender, Rotation
from tests.chaos.world import World, world_of

from parking_platform.testing.platform import RunningPlatform

SEED = 1


class Scale(StrEnum):
    """How much is measured. `SHORT` only shows that a row works: its figures mean nothing and are not kept."""

    SHORT = "short"
    USUAL = "usual"
    FULL = "full"


@dataclass(frozen=True)
class Trial:
    """A platform of the row's own, which writes to the disk as in production."""

    platform: RunningPlatform
    scratch: Path
    scale: Scale

    @property
    def rounds(self) -> int:
        """How often each contender is measured."""
        return {Scale.SHORT: 1, Scale.USUAL: 3, Scale.FULL: 5}[self.scale]

    def sized[Size](self, short: Size, usual: Size, full: Size) -> Size:
        """The size for this scale."""
        return {Scale.SHORT: short, Scale.USUAL: usual, Scale.FULL: full}[self.scale]

    async def rotated(self, contenders: Sequence[Contender], times: int) -> Rotation:
        """Measure all of them in rotation, just so many times."""
        rotation = Rotation()
        await rotation.run(contenders, times=times, rounds=self.rounds)
        return rotation

    async def rotated_within_seconds(self, contenders: Sequence[Contender], most: int | None = None) -> Rotation:
        """Measure all of them in rotation, as many times as the slowest does in seconds, at most `most`."""
        rotation, seconds = Rotation(), self.sized(1.0, 8.0, 15.0)
        times = most or self.sized(100, 5_000, 10_000)
        await rotation.run(contenders, times=times, rounds=self.rounds, seconds=seconds)
        return rotation

    @asynccontextmanager
    async def people(self) -> AsyncGenerator[World]:
        """Somebody to open lots and to book."""
        async with world_of(self.platform, SEED, self.scratch / "history.jsonl") as world:
            yield world


@dataclass(frozen=True)
class Findings:
    """The lines of the table, all that was measured, and sizes that one should know of."""

    lines: Sequence[Line]
    rotation: Rotation
    sizes: dict[str, object]


@dataclass(frozen=True)
class Row:
    """One row. Without services there are only the servers: PostgreSQL, Kafka and so on."""

    name: str
    what: str
    run: Callable[[Trial], Awaitable[Findings]]
    with_services: bool = True
