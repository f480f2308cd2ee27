"""C1: many want few spots at once."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from httpx import codes
from tests.chaos.history import Operation, percentile
from tests.chaos.load import storm
from tests.chaos.oracle import bookings
from tests.chaos.verdict import Verdict
from tests.chaos.world import World

from parking_demo.people import CarPark

PROMISE = "as many bookings as spots, every other attempt a justified 409, no 5xx, in time"
MOST_SECONDS, MOST_P99 = 60.0, 2.0
DRIVERS = 32


@dataclass(frozen=True)
class Size:
    """How much is tried; `ways` are `gateway` and `service`, each with the numbers of attempts in flight."""

    attempts: int
    spots: int
    in_flight: Sequence[int]
    ways: Sequence[str]
    is_timed: bool


FULL = Size(attempts=10_000, spots=100, in_flight=(64, 256), ways=("gateway", "service"), is_timed=True)
SHORT = Size(attempts=1_000, spots=20, in_flight=(64,), ways=("gateway",), is_timed=False)


async def run(world: World, size: Size, verdict: Verdict) -> None:
    """Every way with every number of attempts in flight, each in a car park of its own."""
    verdict.tried |= {"attempts of each storm": size.attempts, "spots": size.spots}
    for way in size.ways:
        for in_flight in size.in_flight:
            await _one(world, size, verdict, way, in_flight)
    verdict.violations += await world.settled()


async def _one(world: World, size: Size, verdict: Verdict, way: str, in_flight: int) -> None:
    lot = await world.open_lot(size.spots)
    drivers = await world.drivers(DRIVERS, patience=0)
    began = time.monotonic()
    await storm(world.door(way), drivers, lot, size.attempts, in_flight, world.random)
    took = time.monotonic() - began
    attempts = [each for each in world.history.bookings() if each.asked["parking_lot_id"] == lot.id]
    name = f"{way}, {in_flight} in flight"
    verdict.found[name] = await judged(world, size, verdict, lot, attempts, name, took)


async def judged(
    world: World, size: Size, verdict: Verdict, lot: CarPark, attempts: Sequence[Operation], name: str, took: float
) -> dict[str, object]:
    """The figures of one storm; what does not hold goes into the verdict."""
    statuses = Counter(each.tries[-1] for each in attempts)
    p99 = percentile((each.seconds for each in attempts), 0.99)
    refused = size.attempts - size.spots
    unjustified = await bookings.unjustified(world.databases, attempts, lot.id, lot.spots.values())
    verdict.violations += unjustified + await bookings.overlaps(world.databases, [lot.id])
    verdict.require(
        statuses == Counter({str(codes.CREATED.value): size.spots, str(codes.CONFLICT.value): refused}),
        f"{name}: {size.spots} x 201 and {refused} x 409 were to be answered, not {dict(statuses)}",
    )
    if size.is_timed:
        verdict.require(took <= MOST_SECONDS, f"{name}: took {took:.1f} s")
        verdict.require(p99 <= MOST_P99, f"{name}: p99 is {p99:.2f} s")
    return {
        "answers": dict(statuses),
        "unjustified 409": len(unjustified),
        "seconds": round(took, 1),
        "attempts a second": round(len(attempts) / took),
        "p50 ms": round(percentile((each.seconds for each in attempts), 0.5) * 1000),
        "p99 ms": round(p99 * 1000),
    }
