"""C8: Kafka is away for ten minutes."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass

from tests.chaos.load import Journeys
from tests.chaos.verdict import Verdict, zero_of
from tests.chaos.world import World

PROMISE = "without Kafka booking and paying go on; its backlog is gone within two minutes of its return"
MOST_SECONDS = 120.0
DRIVERS = 4
LOTS, SPOTS = 4, 25


@dataclass(frozen=True)
class Size:
    """How long it is away (seconds)."""

    away: float


FULL = Size(away=600)
SHORT = Size(away=20)


async def run(world: World, size: Size, verdict: Verdict) -> None:
    """Drivers book, pay and give up all the while; their holds must not run out because no event comes.

    The backlog is what waits when Kafka returns. What follows from it (a confirmation, a mail) is published as it
    happens: when for the first time nothing waits at all is found too, and is a matter of the consumers' speed.
    """
    lots = [await world.open_lot(SPOTS) for _ in range(LOTS)]
    drivers = await world.drivers(DRIVERS, patience=0)
    async with world.platform.stack.without("kafka"):
        async with Journeys(lots, world.random, pause=0.2).under_way(drivers):
            await asyncio.sleep(size.away)
        backlog = await world.latest()
        unsent = await world.unsent(backlog)
    back = time.monotonic()
    await world.relays_are_done(backlog)
    took = time.monotonic() - back
    await world.relays_are_done()
    rested = time.monotonic() - back
    answers = Counter(each.tries[-1] for each in world.history.operations)
    verdict.violations += await world.settled()
    settled = time.monotonic() - back
    verdict.require(took <= MOST_SECONDS, f"the backlog took {took:.0f} s")
    failed = sum(count for status, count in answers.items() if not status.startswith(("2", "409")))
    verdict.require(not failed, f"{failed} requests failed while Kafka was away")
    verdict.tried |= {"seconds without Kafka": size.away, "requests meanwhile": sum(answers.values())}
    verdict.found |= {
        "answers": dict(answers),
        "events that waited": unsent,
        "backlog gone after s": round(took, 1),
        "for the first time nothing waits after s": round(rested, 1),
        "all consequences seen after s": round(settled, 1),
        "lost bookings": zero_of(len(list(world.history.acknowledged()))),
    }
