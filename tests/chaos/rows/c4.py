"""C4: processes die between two steps that no transaction joins."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.chaos.history import percentile
from tests.chaos.load import Journeys
from tests.chaos.oracle import events, money
from tests.chaos.verdict import Verdict, zero_of
from tests.chaos.world import World

from parking_messaging.crash_points import CrashPoint

PROMISE = "kill -9 between two steps loses no booking, no money and no event, and charges nobody twice"
DRIVERS = 6
LOTS, SPOTS = 4, 10
BETWEEN = 5
"""Requests that are made between two crashes of a service."""

# Where each can happen under this load; several services are killed in rotation.
PLACES: Mapping[CrashPoint, Sequence[str]] = {
    CrashPoint.BOOKING_COMMITTED: ["reservation"],
    CrashPoint.EVENTS_TAKEN: ["reservation", "payment", "notification"],
    CrashPoint.EVENTS_PRODUCED: ["reservation", "payment", "notification"],
    CrashPoint.EFFECT_COMMITTED: ["reservation", "payment", "notification", "analytics"],
    CrashPoint.PROVIDER_ANSWERED: ["payment"],
    CrashPoint.WEBHOOK_COMMITTED: ["payment"],
}


@dataclass(frozen=True)
class Size:
    """How often each point is tried, in rotation over its services; and seconds for which a driver thinks."""

    times: int
    thinks: float


FULL = Size(times=50, thinks=0.0)
SHORT = Size(times=1, thinks=0.2)


async def run(world: World, size: Size, verdict: Verdict) -> None:
    """Drivers book, pay and give up while the services die at their points; each service has a killer of its own."""
    lots = [await world.open_lot(SPOTS) for _ in range(LOTS)]
    journeys = Journeys(lots, world.random, pause=size.thinks)
    drivers = await world.drivers(DRIVERS, patience=300)

    async def killer(service: str, points: Sequence[CrashPoint]) -> list[float]:
        back: list[float] = []
        for point in points:
            back.append(await world.faults.crash(service, point))
            await world.history.grows(BETWEEN)
        return back

    async with journeys.under_way(drivers):
        times = await asyncio.gather(*(killer(*each) for each in _plan(size.times).items()))
    back = list(itertools.chain.from_iterable(times))
    wrong = await world.settled()
    verdict.violations += wrong
    verdict.require(not journeys.lost, f"{journeys.lost} requests never got an answer")
    verdict.tried |= {point.value: size.times for point in PLACES}
    verdict.found |= await _figures(world, back)


def _plan(times: int) -> Mapping[str, Sequence[CrashPoint]]:
    """The crashes of each service, one after the other, the points in turn."""
    plan: dict[str, list[CrashPoint]] = {}
    for number in range(times):
        for point, services in PLACES.items():
            plan.setdefault(services[number % len(services)], []).append(point)
    return plan


async def _figures(world: World, back: Sequence[float]) -> Mapping[str, object]:
    log = await events.read(world.platform.kafka)
    books = await money.books(world.databases, world.provider, world.lot_ids)
    acknowledged = list(world.history.acknowledged())
    operations = world.history.operations
    return {
        "crashes": len(back),
        "back after s, p50 and longest": f"{percentile(back, 0.5):.1f}, {max(back):.1f}",
        "lost bookings": zero_of(len(acknowledged)),
        "captures without reservation or refund": zero_of(books.captures),
        "events missing": zero_of(sum(len(ids) for ids in log.ids.values())),
        "events published again": log.repeats,
        "requests": len(operations),
        "requests tried more than once": sum(1 for each in operations if len(each.tries) > 1),
        "first answers": dict(Counter(each.tries[0] for each in operations).most_common()),
    }
