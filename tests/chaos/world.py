"""One run's part of a platform: its car parks, its drivers, its history; and everything that can be asked or broken."""

import asyncio
import math
import random
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from tests.chaos.clients import PersistentDriver
from tests.chaos.faults import Faults
from tests.chaos.history import History
from tests.chaos.load import Door, door_of
from tests.chaos.oracle import bookings, documents, effects, events, money
from tests.system.backstage import Databases, Provider

from parking_demo.people import Administrator, CarPark, City, Driver, Operator
from parking_platform.testing.platform import RunningPlatform
from parking_platform.testing.waiting import wait_until

SETTLING_SECONDS = 180
# What follows from a load is published for as long as two cores need for it.
PUBLISHING_SECONDS = 1800
LOOK_AGAIN_SECONDS = 5
REGISTERING = 8

LATEST = "SELECT coalesce(max(seq), 0) FROM outbox"
UNSENT = "SELECT count(*) FROM outbox WHERE sent_at IS NULL AND seq <= coalesce($1, seq)"


@dataclass
class World:
    """What a row has in its hands."""

    platform: RunningPlatform
    seed: int
    city: City
    operator: Operator
    databases: Databases
    provider: Provider
    faults: Faults
    history: History
    random: random.Random
    clients: list[httpx.AsyncClient]
    lots: list[CarPark] = field(default_factory=list[CarPark])

    @property
    def lot_ids(self) -> Sequence[str]:
        """Where this run takes place."""
        return [lot.id for lot in self.lots]

    async def open_lot(self, spots: int) -> CarPark:
        """A car park of this run alone."""
        lot = await self.operator.open_lot(spots=spots)
        self.lots.append(lot)
        return lot

    async def drivers(
        self, count: int, *, patience: float, clients: int = 1, through: str = ""
    ) -> list[PersistentDriver]:
        """So many people, who share so many HTTP clients; `through` is a service's own address, else the gateway's."""
        cities = [City(self._client(through), self.city.mail, self.city.stripe) for _ in range(clients)]
        places = asyncio.Semaphore(REGISTERING)

        async def one(number: int) -> PersistentDriver:
            async with places:
                person = await Driver.registered(self.city)
            return PersistentDriver(
                cities[number % clients], person.email, tokens=person.tokens,
                history=self.history, patience=patience, pauses=random.Random(f"{self.seed} {number}"),
            )  # fmt: skip

        return await asyncio.gather(*(one(number) for number in range(count)))

    def door(self, way: str) -> Door:
        """Of those who book: `gateway`, or past it: `service`."""
        return door_of(self.platform, "reservation" if way == "service" else way)

    def _client(self, through: str) -> httpx.AsyncClient:
        client = httpx.AsyncClient(base_url=through, trust_env=False, timeout=30) if through else self.platform.client()
        self.clients.append(client)
        return client

    async def settled(self) -> list[str]:
        """What is wrong once everything has come to rest, or after the patience for that.

        All but the mails: a backlog of those goes on for as long as it is long, and nothing else follows from a mail.
        """
        latest = await self.latest()
        await self.relays_are_done({"notification": latest["notification"]})
        wrong = await self.until_right(self._still_wrong)
        before, log = await self.published()
        after = await events.committed(self.databases, self.lot_ids)
        unpublished = events.missing(before, log) + events.phantoms(after, log) + events.disorder(log)
        return wrong + unpublished + self.history.surprises()

    async def published(self) -> tuple[events.Committed, events.Log]:
        """What was committed, and what Kafka has once the relays have sent that."""
        before = await events.committed(self.databases, self.lot_ids)
        await self.relays_are_done(await self.latest())
        return before, await events.read(self.platform.kafka)

    async def _still_wrong(self) -> list[str]:
        """What may yet become right by itself: the saga and the read models take their time."""
        books = await money.books(self.databases, self.provider, self.lot_ids)
        return [
            *await bookings.overlaps(self.databases, self.lot_ids),
            *await bookings.holds(self.databases, self.lot_ids),
            *await bookings.acknowledged(self.databases, self.history, self.lot_ids),
            *money.violations(books),
            *effects.violations(await effects.read(self.databases, self.lot_ids)),
            *await documents.differences(self.platform.elasticsearch, self.databases),
        ]

    async def latest(self) -> Mapping[str, int]:
        """The number of the last event in each service's outbox."""
        return {service: (await self.databases.rows(service, LATEST))[0][0] for service in self.databases.urls}

    async def unsent(self, until: Mapping[str, int] | None = None) -> int:
        """How many events wait in all outboxes, of those until these if they are named."""
        numbers = until or {}
        return sum(
            [
                (await self.databases.rows(service, UNSENT, numbers.get(service)))[0][0]
                for service in self.databases.urls
            ]
        )

    async def relays_are_done(self, until: Mapping[str, int] | None = None) -> None:
        """Wait until Kafka has everything; or everything until these, whatever follows from it in the meantime."""

        async def nothing_waits() -> bool:
            return not await self.unsent(until)

        await wait_until(nothing_waits, "every outbox to be empty", seconds=PUBLISHING_SECONDS, pause=1)

    async def until_right(self, check: Callable[[], Awaitable[list[str]]]) -> list[str]:
        """What is wrong at last: it may take as long as it gets less."""
        fewest, patient_until = math.inf, 0.0
        while wrong := await check():
            if len(wrong) < fewest:
                fewest, patient_until = len(wrong), time.monotonic() + SETTLING_SECONDS
            if time.monotonic() > patient_until:
                break
            # To look costs those who are at it: each look reads all there is.
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
        return wrong


@asynccontextmanager
async def world_of(platform: RunningPlatform, seed: int, history: Path) -> AsyncIterator[World]:
    """A world on a platform that may have others on it."""
    simulator = platform.parts.stripe_simulator
    provider = Provider(simulator.url, simulator.keys.secret_key, simulator.keys.webhook_secret)
    async with platform.client() as client:
        city = City(client, platform.mail, platform.stripe)
        account = platform.accounts["admin"]
        administrator = await Administrator.signed_in(city, account.email, account.password)
        world = World(
            platform=platform,
            seed=seed,
            city=city,
            operator=await administrator.take_on_an_operator(),
            databases=Databases(platform.postgres, platform.postgres_owners),
            provider=provider,
            faults=Faults(platform),
            history=History(history),
            random=random.Random(seed),
            clients=[],
        )
        try:
            yield world
        except Exception:
            traceback.print_exc()  # now: what fails while it is cleaned up would be shown instead
            raise
        finally:
            world.history.close()
            for each in world.clients:
                await each.aclose()
            await provider.behave()
