"""MIX: drivers search, reserve and pay as people do, while a process dies each minute."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from statistics import median

from httpx import codes
from tests.chaos.clients import PersistentDriver
from tests.chaos.history import Operation, percentile
from tests.chaos.load import Journeys
from tests.chaos.verdict import Verdict, zero_of
from tests.chaos.world import World

from parking_platform.testing.usage import usage
from parking_platform.testing.waiting import meanwhile

PROMISE = "searches, bookings and payments 100:10:5, a process killed each minute: errors < 1 %, after retries none"
SEARCHES, PAYS = 10, 0.5
"""For each booking: so many searches, and so many payments."""
DRIVERS = 6
LOTS, SPOTS = 4, 25
MOST_ERRORS, MOST_GROWTH = 0.01, 0.05
EVERY = 5.0
NEAR = {"latitude": 47.38, "longitude": 8.53, "radius_m": 5_000}


@dataclass(frozen=True)
class Size:
    """How long the load lasts, and how long it is until a process dies and another (seconds)."""

    lasts: float
    between: float


FULL = Size(lasts=600, between=60)
SHORT = Size(lasts=30, between=10)


@dataclass
class Visitors(Journeys):
    """Drivers who look around before they book."""

    async def _one(self, driver: PersistentDriver) -> None:
        for _ in range(SEARCHES):
            await driver.get("/parking-lots", params=NEAR)
        await super()._one(driver)


@dataclass
class Memory:
    """Resident memory of the services' processes (bytes), seen again and again by name and process."""

    world: World
    seen: dict[tuple[str, int], list[int]] = field(default_factory=lambda: defaultdict(list))

    def growth(self) -> dict[str, float]:
        """By name, of the process that lived longest: its last third beside its second one."""
        lived: dict[str, Sequence[int]] = {}
        for (name, _), sizes in self.seen.items():
            lived[name] = max(lived.get(name, []), sizes, key=len)
        return {name: round(_grown(sizes), 3) for name, sizes in lived.items()}

    async def watch(self) -> None:
        """Until it is cancelled."""
        while True:
            for server in self.world.platform.parts.services:
                pid = self.world.platform.stack.state(server.name).pid
                # It may have died, and the next one not be there yet; one that is a zombie has no memory.
                with suppress(FileNotFoundError, ProcessLookupError):
                    if size := usage(pid).memory:
                        self.seen[server.name, pid].append(size)
            await asyncio.sleep(EVERY)


async def run(world: World, size: Size, verdict: Verdict) -> None:
    """Each process dies in its turn."""
    lots = [await world.open_lot(SPOTS) for _ in range(LOTS)]
    drivers = await world.drivers(DRIVERS, patience=90)
    visitors = Visitors(lots, world.random, pays=PAYS)
    memory = Memory(world)
    names = [server.name for server in world.platform.parts.services]
    world.random.shuffle(names)
    async with meanwhile(memory.watch()), visitors.under_way(drivers):
        for turn in range(round(size.lasts / size.between)):
            await asyncio.sleep(size.between)
            await world.faults.kill(names[turn % len(names)])
    verdict.violations += await world.settled()
    _judge(world, visitors, memory, verdict)


def _judge(world: World, visitors: Visitors, memory: Memory, verdict: Verdict) -> None:
    operations = world.history.operations
    before = [each for each in operations if not _is_answer(each.tries[0])]
    after = visitors.lost + sum(1 for each in operations if each.status is None or not _is_answer(each.tries[-1]))
    growth = memory.growth()
    share = len(before) / len(operations)
    verdict.require(share < MOST_ERRORS, f"{len(before)} of {len(operations)} first attempts failed")
    verdict.require(not after, f"{after} requests failed permanently")
    for name, more in growth.items():
        verdict.require(more < MOST_GROWTH, f"{name} grew by {more:.1%}")
    verdict.tried |= {"requests": dict(Counter(_kind(each) for each in operations)), "kills": dict(world.faults.kills)}
    verdict.found |= {
        "errors before retries": f"{share:.2%}",
        "errors after retries": after or zero_of(len(operations)),
        "failed first attempts": dict(Counter(each.tries[0] for each in before)),
        "p50 and p99 ms": {kind: _latencies(operations, kind) for kind in ("search", "reserve", "pay")},
        "memory": growth,
    }


def _is_answer(tried: str) -> bool:
    """Whether an attempt ended as it may without any fault: 409 is that somebody else has the spot."""
    return tried.startswith("2") or tried == str(codes.CONFLICT.value)


def _kind(operation: Operation) -> str:
    if operation.method == "GET":
        return "search"
    return {"/reservations": "reserve", "/payments": "pay"}.get(operation.path, "cancel")


def _latencies(operations: Sequence[Operation], kind: str) -> tuple[int, int]:
    seconds = [each.seconds for each in operations if _kind(each) == kind]
    return round(percentile(seconds, 0.5) * 1000), round(percentile(seconds, 0.99) * 1000)


def _grown(sizes: Sequence[int]) -> float:
    third = len(sizes) // 3
    return median(sizes[-third:]) / median(sizes[third : 2 * third]) - 1 if third else 0.0
