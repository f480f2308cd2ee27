"""Load: many ask for one window at once, or drivers live their lives until they are stopped."""

import asyncio
import itertools
import ssl
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import uuid4

import aiohttp
from httpx import codes
from tests.chaos.clients import NoAnswer, PersistentDriver
from tests.chaos.history import Operation, kept_of

from parking_demo.people import API, CarPark, Json, tomorrow_at
from parking_platform.testing.platform import RunningPlatform

DAYS = 60
HOURS = 20


@dataclass(frozen=True)
class Door:
    """Where a storm goes in: an address, and whom to trust there."""

    address: str
    trust: ssl.SSLContext | bool = True


def door_of(platform: RunningPlatform, to: str) -> Door:
    """`gateway`, or a service past it by its name."""
    if to == "gateway":
        return Door(platform.gateway, ssl.create_default_context(cafile=platform.ca))
    return Door(platform.address(to))


async def storm(
    door: Door, drivers: Sequence[PersistentDriver], lot: CarPark, attempts: int, in_flight: int, random: Random
) -> None:
    """So many attempts for the same hour, never more than so many at once; half name a spot, half take any.

    Each is made once, by somebody who has just seen how much is free, so that the connection is there: what handshakes
    of hundreds cost in one client is not what each of them waits for. By aiohttp, which leaves more of a small machine
    to those who are asked than httpx does.
    """
    spot_requests = [_spot_request(list(lot.spots.values()), random) for _ in range(attempts)]
    left = iter(zip(itertools.cycle(drivers), spot_requests, strict=False))
    start = tomorrow_at(12)
    asked = {
        "parking_lot_id": lot.id,
        "start_time": start.isoformat(),
        "end_time": (start + timedelta(hours=1)).isoformat(),
    }
    connector = aiohttp.TCPConnector(limit=in_flight, ssl=door.trust)
    async with aiohttp.ClientSession(door.address, connector=connector) as client:
        await asyncio.gather(*(_look(client, lot, start) for _ in range(in_flight)))

        async def ask() -> None:
            for driver, spot_request in left:
                await _attempt(client, driver, {**asked, **spot_request})

        await asyncio.gather(*(ask() for _ in range(in_flight)))


async def _look(client: aiohttp.ClientSession, lot: CarPark, start: datetime) -> None:
    window = {"from": start.isoformat(), "to": (start + timedelta(hours=1)).isoformat()}
    async with client.get(f"{API}/parking-lots/{lot.id}/availability", params=window) as answer:
        answer.raise_for_status()
        await answer.read()


async def _attempt(client: aiohttp.ClientSession, driver: PersistentDriver, asked: Json) -> None:
    key, began = str(uuid4()), time.time()
    headers = {**driver.authorization, "Idempotency-Key": key}
    status, body = None, {}
    try:
        async with client.post(f"{API}/reservations", json=asked, headers=headers) as answer:
            status, body = answer.status, await answer.json(content_type=None)
        tried = str(status)
    except aiohttp.ClientError as error:
        tried = type(error).__name__
    driver.history.note(
        Operation("POST", "/reservations", key, asked, began, time.time(), (tried,), status, kept_of(body))
    )


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
        spot_request = _spot_request(list(lot.spots.values()), self.random)
        booked = await driver.reserve(lot, start=self._start(), hours=self.random.randint(1, 4), **spot_request)
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


def _spot_request(spots: Sequence[str], random: Random) -> dict[str, Any]:
    """Half name a spot, half take any."""
    return {"spot_id": random.choice(spots)} if random.random() < 0.5 else {}
