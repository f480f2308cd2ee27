"""C6: processes stand still and wake up again, some after others took their work."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from tests.chaos.load import Journeys
from tests.chaos.verdict import Verdict, zero_of
from tests.chaos.world import World

from parking_platform.ports import free_port
from parking_platform.readiness import require_ok, wait_until_ready
from parking_platform.servers.service import program

PROMISE = "a process that stood still, also one whose work others took meanwhile, repeats no effect"
CONSUMING = ("reservation", "payment", "notification", "analytics")
DRIVERS = 4
LOTS, SPOTS = 4, 25
START_SECONDS = 60


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
                await stack.enter_async_context(_second_worker(world, service))
            await asyncio.gather(*(world.faults.freeze(f"{each}-work", size.consumer_frozen) for each in CONSUMING))
            await asyncio.sleep(size.frozen)
    verdict.violations += await world.settled()
    verdict.require(not journeys.lost, f"{journeys.lost} requests never got an answer")
    verdict.tried |= {
        f"processes frozen for {size.frozen:.0f} s": len(names),
        f"consumers frozen for {size.consumer_frozen:.0f} s": len(CONSUMING),
    }
    verdict.found["effects repeated or lost"] = zero_of(len(list(world.history.acknowledged())))


@asynccontextmanager
async def _second_worker(world: World, service: str) -> AsyncIterator[None]:
    """One more `work` of a service, as a second pod would be."""
    port = free_port()
    environment = os.environ | world.platform.parts.service_environment(service)
    process = await asyncio.create_subprocess_exec(
        program(service), "work", env=environment | {f"{service.upper()}_WORKER_PORT": str(port)},
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        await wait_until_ready(lambda: require_ok(f"http://127.0.0.1:{port}/readyz"), seconds=START_SECONDS)
        yield
    finally:
        process.terminate()
        await process.wait()
