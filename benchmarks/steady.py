"""Reservations at a steady rate, and when each was committed: for what is to be seen of them elsewhere."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

from benchmarks.figures import percentile
from benchmarks.load import P50, P99, Client, Request, client_of
from benchmarks.rotation import Measured, NotMeasured
from benchmarks.spot_requests import SpotRequests, bookings
from benchmarks.trial import SEED, Trial
from tests.chaos.world import World

from parking_demo.people import Driver
from parking_events.topics import RESERVATION
from parking_platform.testing.waiting import wait_until

WANTED = 200
"""Reservations a second."""

ENOUGH, SAFE = 0.95, 0.7
DRIVERS, LOTS, SPOTS = 16, 10, 100
IN_FLIGHT = 64
TRYING_SECONDS = 3
PATIENCE = 60.0
MADE = "reservations/s"

# The statement that books is a transaction of its own: it began at `created_at` and was committed right after it, so
# that what is measured is too long by the time of that statement, never too short.
COMMITTED = "SELECT aggregateid, min(created_at) AS at FROM outbox WHERE aggregatetype = $1 GROUP BY 1"

Seen = Mapping[str, float]
"""When a reservation was first seen, by its id, in seconds since 1970."""


@dataclass
class SteadyBookings:
    """People who book so many a second, whatever the answers take."""

    world: World
    client: Client
    drivers: Sequence[Driver]
    spot_requests: SpotRequests
    rate: float = WANTED
    made: float = 0.0

    async def book(self, count: int) -> Sequence[str]:
        """The ids of so many new reservations."""
        await asyncio.gather(*(driver.sign_in() for driver in self.drivers))
        requests, ids = bookings(self.spot_requests.take(count), self.drivers), list[str]()
        places = asyncio.Semaphore(IN_FLIGHT)

        async def one(request: Request) -> None:
            try:
                ids.append(json.loads((await self.client.send(request))[1])["id"])
            finally:
                places.release()

        began = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            for number, request in enumerate(requests):
                await asyncio.sleep(began + number / self.rate - time.monotonic())
                await places.acquire()
                tasks.create_task(one(request))
        self.made = count / (time.monotonic() - began)
        return ids

    async def find_rate(self) -> None:
        """Where the machine does not make as many as wanted, be content with what it makes with some room."""
        await self.book(WANTED * TRYING_SECONDS)
        if self.made < ENOUGH * WANTED:
            self.rate = max(1.0, round(SAFE * self.made))
        await self.world.relays_are_done()

    async def latencies(self, ids: Sequence[str], seen: Seen) -> Measured:
        """From commit to sight. Waits for what is not seen yet; raises `NotMeasured` where it never is."""
        await wait_until(lambda: seen.keys() >= set(ids), "all reservations to be seen", seconds=PATIENCE)
        rows = await self.world.databases.rows("reservation", COMMITTED, RESERVATION.name)
        committed = {row["aggregateid"]: row["at"].timestamp() for row in rows}
        if missing := set(ids) - committed.keys():
            raise NotMeasured(f"of {len(missing)} reservations nobody knows when they were committed")
        found = [seen[each] - committed[each] for each in ids]
        return {P50: percentile(found, 0.5) * 1000, P99: percentile(found, 0.99) * 1000, MADE: self.made}

    @property
    def note(self) -> str:
        """What was not as wanted."""
        return "" if self.rate == WANTED else f"{self.rate:.0f} reservations/s: the machine does not make {WANTED}"


@asynccontextmanager
async def steady_bookings(trial: Trial) -> AsyncGenerator[SteadyBookings]:
    """Lots and drivers for it, and a rate that the machine can hold."""
    async with trial.people() as world, client_of(world.door("service"), IN_FLIGHT) as client:
        lots = await asyncio.gather(*(world.open_lot(SPOTS) for _ in range(LOTS)))
        drivers = await asyncio.gather(*(Driver.registered(world.city) for _ in range(DRIVERS)))
        bookings = SteadyBookings(world, client, drivers, SpotRequests(lots, Random(SEED)))
        await bookings.find_rate()
        yield bookings
