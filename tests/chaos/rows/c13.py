"""C13: Elasticsearch is away under load, and comes back."""

import asyncio
from collections import Counter
from dataclasses import dataclass

from tests.chaos.load import Journeys
from tests.chaos.oracle import documents
from tests.chaos.verdict import Verdict
from tests.chaos.world import World

PROMISE = "without Elasticsearch nothing but analytics notices; afterwards documents equal rows, field by field"
DRIVERS = 4
LOTS, SPOTS = 4, 25


@dataclass(frozen=True)
class Size:
    """How long it is away (seconds)."""

    away: float


FULL = Size(away=300)
SHORT = Size(away=15)


async def run(world: World, size: Size, verdict: Verdict) -> None:
    """Drivers book, pay and give up all the while."""
    lots = [await world.open_lot(SPOTS) for _ in range(LOTS)]
    drivers = await world.drivers(DRIVERS, patience=0)
    async with world.platform.stack.without("elasticsearch"), Journeys(lots, world.random).under_way(drivers):
        await asyncio.sleep(size.away)
    answers = Counter(each.tries[-1] for each in world.history.operations)
    verdict.violations += await world.settled()
    failed = sum(count for status, count in answers.items() if not status.startswith(("2", "409")))
    verdict.require(not failed, f"{failed} requests failed while Elasticsearch was away")
    verdict.tried |= {"seconds without Elasticsearch": size.away, "requests meanwhile": sum(answers.values())}
    verdict.found |= {
        "answers": dict(answers),
        "documents that equal their rows": await documents.count(world.platform.elasticsearch),
    }
