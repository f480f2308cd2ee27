"""KILL: every process dies once in the middle of the journeys, one after the other; the servers among them."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tests.chaos.load import Journeys
from tests.chaos.oracle import events, money
from tests.chaos.verdict import Verdict, zero_of
from tests.chaos.world import World

PROMISE = "kill -9 of each process, and of each server, loses no booking, no money and no event"
DRIVERS = 4
LOTS, SPOTS = 3, 10
BETWEEN = 2.0
SERVERS = ("postgres", "kafka", "redis", "elasticsearch", "nginx")


@dataclass(frozen=True)
class Size:
    """How often each dies."""

    rounds: int


FULL = Size(rounds=3)
SHORT = Size(rounds=1)


async def run(world: World, size: Size, verdict: Verdict) -> None:
    """A small load all the while."""
    lots = [await world.open_lot(SPOTS) for _ in range(LOTS)]
    journeys = Journeys(lots, world.random)
    drivers = await world.drivers(DRIVERS, patience=120)
    async with journeys.under_way(drivers):
        for _ in range(size.rounds):
            for name in _processes(world):
                await world.faults.kill(name)
                await asyncio.sleep(BETWEEN)
    verdict.violations += await world.settled()
    verdict.require(not journeys.lost, f"{journeys.lost} requests never got an answer")
    log = await events.read(world.platform.kafka)
    books = await money.books(world.databases, world.provider, world.lot_ids)
    operations = world.history.operations
    kills = world.faults.kills
    verdict.tried |= {"processes": len(kills), "kills": sum(len(each) for each in kills.values())}
    verdict.found |= {
        "back after s": dict(kills),
        "lost bookings": zero_of(len(list(world.history.acknowledged()))),
        "captures without reservation or refund": zero_of(books.captures),
        "events missing": zero_of(sum(len(ids) for ids in log.ids.values())),
        "events published again": log.repeats,
        "first answers": dict(Counter(each.tries[0] for each in operations).most_common()),
    }


def _processes(world: World) -> Sequence[str]:
    return [*(each.name for each in world.platform.parts.services), *SERVERS]
