"""Load: many ask for one window at once, or drivers live their lives until they are told to stop."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import uuid4

from httpx import codes
from tests.chaos.clients import NoAnswer, PersistentDriver

from parking_demo.people import CarPark, tomorrow_at

DAYS = 60
HOURS = 20


async def storm(
    drivers: Sequence[PersistentDriver], lot: CarPark, attempts: int, in_flight: int, random: Random
) -> None:
    """So many attempts for the same hour, never more than so many at once; half name a spot, half take any."""
    spots = list(lot.spots.values())
    wishes = [_wish(spots, random) for _ in range(attempts)]
    left = iter(zip(itertools.cycle(drivers), wishes, strict=False))

    async def client() -> None:
        for driver, wish in left:
            await driver.reserve(lot, hours=1, key=str(uuid4()), **wish)

    await asyncio.gather(*(client() for _ in range(in_flight)))


@dataclass
class Journeys:
    """Drivers who book, mostly pay, and sometimes give up. `lost` counts requests that never got an answer."""

    lots: Sequence[CarPark]
    random: Random
    pays: float = 0.8
    cancels: float = 0.25
    pause: float = 0.0
    begun: int = 0
    lost: int = 0
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def under_way(self, drivers: Sequence[PersistentDriver]) -> AsyncIterator[None]:
        """For as long as the block lasts; then each driver ends what was begun."""
        tasks = [asyncio.create_task(self._live(driver)) for driver in drivers]
        try:
            yield
        finally:
            self._stop.set()
            await asyncio.gather(*tasks)

    async def _live(self, driver: PersistentDriver) -> None:
        while not self._stop.is_set():
            try:
                await self._one(driver)
            except NoAnswer:
                self.lost += 1
            await asyncio.sleep(self.pause)

    async def _one(self, driver: PersistentDriver) -> None:
        self.begun += 1
        lot = self.random.choice(self.lots)
        wish = _wish(list(lot.spots.values()), self.random)
        booked = await driver.reserve(lot, start=self._start(), hours=self.random.randint(1, 4), **wish)
        if booked.status_code != codes.CREATED or self.random.random() >= self.pays:
            return
        reservation = booked.json()
        paying = {"charge_token": reservation["charge"]["token"]}
        payment = await driver.post("/payments", paying, headers={"Idempotency-Key": str(uuid4())})
        if payment.status_code == codes.CREATED:
            await driver.give_card(payment.json())
        if self.random.random() < self.cancels:
            await driver.post(f"/reservations/{reservation['id']}/cancel")

    def _start(self) -> datetime:
        return tomorrow_at(0) + timedelta(days=self.random.randrange(DAYS), hours=self.random.randrange(HOURS))


def _wish(spots: Sequence[str], random: Random) -> dict[str, Any]:
    """Half name a spot, half take any."""
    return {"spot_id": random.choice(spots)} if random.random() < 0.5 else {}
