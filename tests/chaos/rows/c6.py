"""C6: processes stand still and wake up again, some after others took their work."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass

from tests.chaos.load import Journeys
from tests.chaos.verdict import Verdict, zero_of
from tests.chaos.world import World

PROMISE = "a process that stood still, also one whose work others took meanwhile, repeats no effect"
CONSUMING = ("reservation", "payment", "notification", "analytics")
DRIVERS = 4
LOTS, SPOTS = 4, 25


@dataclass(frozen=True)
class Size:
    """How long each process is frozen; and how long a consumer is, which has to poll once a minute (seconds)."""

    frozen: float
    consumer_frozen: float


FULL = Size(frozen=15, consumer_frozen=75)
SHORT = Size(frozen=3, consumer_frozen=15)


async def run(world: World, size: Size, verdict: Verdict) -> None:
    """Each process in turn; then the consumers at once, beside a second `work` of each that takes over."""
    lots = [await world.open_lot(SPOTS) for _ in range(LOTS)]
    journeys = Journeys(lots, world.random, pause=0.1)
    drivers = await world.drivers(DRIVERS, patience=120)
    names = [each.name for each in world.platform.parts.services]
    async with journeys.under_way(drivers):
        for name in names:
            await world.faults.freeze(name, size.frozen)
        async with AsyncExitStack() as stack:
            for service in CONSUMING:
                await stack.enter_async_context(world.faults.second_worker(service))
            await asyncio.gather(*(world.faults.freeze(f"{each}-work", size.consumer_frozen) for each in CONSUMING))
            await asyncio.sleep(size.frozen)
    verdict.violations += await world.settled()
    verdict.require(not journeys.lost, f"{journeys.lost} requests never got an answer")
    verdict.tried |= {
        f"processes frozen for {size.frozen:.0f} s": len(names),
        f"consumers frozen for {size.consumer_frozen:.0f} s": len(CONSUMING),
    }
    verdict.found["effects repeated or lost"] = zero_of(len(list(world.history.acknowledged())))
