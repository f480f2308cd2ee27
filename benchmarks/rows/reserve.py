"""Reservations a second, where no two clients want the same spot and hour."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from uuid import UUID

from benchmarks.figures import Goal, Line
from benchmarks.load import RATE, Client, client_of, measured
from benchmarks.reference_database import BOOK, Pool, made_for_bookings, pool_of
from benchmarks.reference_server import reference_server
from benchmarks.rotation import Contender, Measured, Rotation, WrongAnswer
from benchmarks.spot_requests import SpotRequests, bookings
from benchmarks.trial import SEED, Findings, Trial
from tests.chaos.load import Door
from tests.chaos.world import World

from parking_demo.people import Driver, Json

WHAT = "reservations a second by one process, each of another spot's hour"
LOTS, SPOTS = 10, 100
DRIVERS = IN_FLIGHT = 16
SERVICE, GATEWAY, FASTAPI, STATEMENT = "service", "gateway", "FastAPI + statement", "statement"

TAKEN = "SELECT count(*) FROM allocations"
BOOKED = "SELECT count(*) FROM bookings"


@dataclass
class BookingClients:
    """Clients that book, with the number of bookings that were acknowledged to them."""

    spot_requests: SpotRequests
    drivers: Sequence[Driver]
    acknowledged: dict[str, int] = field(default_factory=dict[str, int])

    async def at(self, name: str, client: Client, times: int) -> Measured:
        """Book so many through a client."""
        # Tokens live for minutes, the row for longer; none of them is signed while the clock runs.
        await asyncio.gather(*(driver.sign_in() for driver in self.drivers))
        found = await measured(bookings(self.spot_requests.take(times), self.drivers), IN_FLIGHT, client.ask)
        self.acknowledged[name] = self.acknowledged.get(name, 0) + times
        return found

    async def by_statement(self, pool: Pool, times: int) -> Measured:
        """Book so many without HTTP."""

        async def book(values: Sequence[object]) -> None:
            if not await pool.fetchval(BOOK, *values):
                raise WrongAnswer("a spot that nobody had was taken")

        found = await measured(
            [_values(spot_request) for spot_request in self.spot_requests.take(times)], IN_FLIGHT, book
        )
        self.acknowledged[STATEMENT] = self.acknowledged.get(STATEMENT, 0) + times
        return found


async def run(trial: Trial) -> Findings:
    """What follows from a booking (relay and consumers) stands still meanwhile: other rows measure that."""
    async with trial.people() as world, AsyncExitStack() as stack:
        lots = await asyncio.gather(*(world.open_lot(SPOTS) for _ in range(LOTS)))
        drivers = await asyncio.gather(*(Driver.registered(world.city) for _ in range(DRIVERS)))
        clients = BookingClients(SpotRequests(lots, Random(SEED)), drivers)
        url = await made_for_bookings(trial.platform.postgres_admin)
        pool = await stack.enter_async_context(pool_of(url))
        doors = {
            SERVICE: world.door("service"),
            FASTAPI: await stack.enter_async_context(reference_server(url)),
            GATEWAY: world.door("gateway"),
        }
        contenders = [await _contender(stack, clients, name, door) for name, door in doors.items()]
        contenders.append(Contender(STATEMENT, lambda count: clients.by_statement(pool, count)))
        async with trial.platform.stack.without("reservation-work"):
            rotation = await trial.rotated_within_seconds(contenders)
        await _check(world, pool, clients)
    return Findings(
        _lines(rotation),
        rotation,
        {"requests": rotation.times, "in flight": IN_FLIGHT, "lots": LOTS, "spots of each": SPOTS},
    )


async def _contender(stack: AsyncExitStack, clients: BookingClients, name: str, door: Door) -> Contender:
    client = await stack.enter_async_context(client_of(door, IN_FLIGHT))
    return Contender(name, lambda times: clients.at(name, client, times))


def _values(spot_request: Json) -> Sequence[object]:
    start, end = (datetime.fromisoformat(spot_request[name]) for name in ("start_time", "end_time"))
    return UUID(spot_request["parking_lot_id"]), UUID(spot_request["spot_id"]), start, end, str(spot_request).encode()


def _lines(rotation: Rotation) -> Sequence[Line]:
    service, gateway = rotation.series(SERVICE, RATE), rotation.series(GATEWAY, RATE)
    fastapi, statement = rotation.series(FASTAPI, RATE), rotation.series(STATEMENT, RATE)
    return [
        Line("service", service, fastapi, Goal("ratio", "≥", 0.5)),
        Line("through the gateway, TLS", gateway, fastapi, Goal("ratio", "≥", 0.35)),
        Line("service", service, statement),
        Line("the reference itself", fastapi, statement),
    ]


async def _check(world: World, pool: Pool, clients: BookingClients) -> None:
    """As many bookings are stored as were acknowledged."""
    ((ours,),) = await world.databases.rows("reservation", TAKEN)
    theirs = await pool.fetchval(BOOKED)
    for stored, acknowledged in (
        (ours, clients.acknowledged[SERVICE] + clients.acknowledged[GATEWAY]),
        (theirs, clients.acknowledged[FASTAPI] + clients.acknowledged[STATEMENT]),
    ):
        if stored != acknowledged:
            raise WrongAnswer(f"{acknowledged} bookings were acknowledged, and {stored} are there")
