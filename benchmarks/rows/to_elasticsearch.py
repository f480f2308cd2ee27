"""From a reservation's commit until a search of Elasticsearch finds it."""

import asyncio
import time
from dataclasses import dataclass, field

from benchmarks.figures import Goal, Line
from benchmarks.load import P50, P99
from benchmarks.rotation import Contender, Measured
from benchmarks.steady import IN_FLIGHT, MADE, steady_bookings
from benchmarks.trial import Findings, Trial
from elasticsearch import AsyncElasticsearch

from parking_platform.testing.waiting import meanwhile

WHAT = "commit → found in Elasticsearch, at 200 reservations/s"
INDEX = "parking-reservations"
LOOK_SECONDS = 0.025
SPARE = 200
ALLOWED_MS = 500
ROW = "commit → Elasticsearch"


@dataclass
class Searches:
    """Asks again and again how many documents there are, and for the newest ones when there are more."""

    client: AsyncElasticsearch
    count: int = 0
    seen: dict[str, float] = field(default_factory=dict[str, float])

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            await self._look()
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self) -> None:
        count = (await self.client.count(index=INDEX))["count"]
        at = time.time()
        if count == self.count:
            return
        # Documents do not come quite in the order of their times: some more than there are new ones.
        size = min(count - self.count + SPARE + IN_FLIGHT, 10_000)
        newest = await self.client.search(
            index=INDEX, size=size, source=False, sort=[{"created_at": "desc"}], track_total_hits=False
        )
        for hit in newest["hits"]["hits"]:
            self.seen.setdefault(hit["_id"], at)
        self.count = count


async def run(trial: Trial) -> Findings:
    """One contender: its reference is the interval in which Elasticsearch shows what is new."""
    times = trial.sized(200, 2_000, 4_000)
    async with AsyncElasticsearch(trial.platform.elasticsearch) as client, steady_bookings(trial) as bookings:

        async def measure(count: int) -> Measured:
            searches = Searches(client)
            async with meanwhile(searches.run()):
                return await bookings.latencies(await bookings.book(count), searches.seen)

        rotation = await trial.rotated([Contender(ROW, measure)], times)
        refresh_ms = await _refresh_ms(client)
    p99 = Line("p99", rotation.series(ROW, P99), goal=Goal("figure", "≤", refresh_ms + ALLOWED_MS), note=bookings.note)
    return Findings(
        [Line("p50", rotation.series(ROW, P50)), p99, Line("the load", rotation.series(ROW, MADE))],
        rotation,
        {"reservations": times, "refresh interval, ms": refresh_ms, "looked every ms": LOOK_SECONDS * 1000},
    )


async def _refresh_ms(client: AsyncElasticsearch) -> float:
    (settings,) = (await client.indices.get_settings(index=INDEX, flat_settings=True)).values()
    return float(settings["settings"]["index.refresh_interval"].removesuffix("s")) * 1000
