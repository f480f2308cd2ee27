"""All clients want any spot of one lot in the same hour, hour after hour."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count, cycle
from time import perf_counter
from uuid import UUID

from benchmarks.figures import Goal, Line, percentile
from benchmarks.load import P50, P99, Client, client_of
from benchmarks.reference_database import BOOK_ANY, Pool, made_for_bookings, pool_of
from benchmarks.rotation import Contender, Measured, Rotation, WrongAnswer
from benchmarks.spot_requests import CREATED, HOUR, booking
from benchmarks.trial import Findings, Trial
from tests.chaos.world import World

from parking_demo.people import CarPark, Driver, tomorrow_at

WHAT = "100 spots, all clients want any of them in the same hour; accepted a second, hour after hour"
SPOTS = 100
DRIVERS = 16
CLIENT_COUNTS = (16, 64)
SERVICE, STATEMENT = "service", "statement"
ACCEPTED = "accepted/s"
CONFLICT = 409

PER_HOUR = """
    SELECT lower(during) AS hour, count(*) AS count, count(DISTINCT spot_id) AS different
    FROM {table} GROUP BY parking_lot_id, lower(during)
"""
OURS = PER_HOUR.format(table="allocations")
THEIRS = PER_HOUR.format(table="bookings")

type Try = Callable[[datetime], Awaitable[bool]]
"""One attempt for an hour: whether it was accepted. A refusal says that no spot is free."""


@dataclass
class Hours:
    """Hours that nobody has requested yet; each is requested until every client is refused, because no spot is left."""

    attempt: Try
    clients: int
    fresh: "count[int]" = field(default_factory=count)
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list[float])
    asked: list[datetime] = field(default_factory=list[datetime])

    async def measured(self, hours: int) -> Measured:
        """Fill so many, one after the other."""
        self.latencies.clear()
        began = perf_counter()
        for _ in range(hours):
            await self._fill(tomorrow_at(0) + next(self.fresh) * HOUR)
        return {
            ACCEPTED: hours * SPOTS / (perf_counter() - began),
            P50: percentile(self.latencies, 0.5) * 1000,
            P99: percentile(self.latencies, 0.99) * 1000,
        }

    async def _fill(self, hour: datetime) -> None:
        self.asked.append(hour)
        async with asyncio.TaskGroup() as tasks:
            clients = [tasks.create_task(self._until_refused(hour)) for _ in range(self.clients)]
        accepted = sum(client.result() for client in clients)
        if accepted != SPOTS:
            raise WrongAnswer(
                f"{accepted} of {SPOTS} spots were booked when the clients were refused because none is free"
            )

    async def _until_refused(self, hour: datetime) -> int:
        for accepted in count():
            began = perf_counter()
            is_accepted = await self.attempt(hour)
            self.latencies.append(perf_counter() - began)
            if not is_accepted:
                return accepted
        raise AssertionError


async def run(trial: Trial) -> Findings:
    """Each contender at each number of clients has its own lot and hours. Relay and consumers are stopped meanwhile."""
    most = trial.sized(2, 50, 100)
    reference = await made_for_bookings(trial.platform.postgres_admin)
    async with trial.people() as world, pool_of(reference) as pool:
        drivers = await asyncio.gather(*(Driver.registered(world.city) for _ in range(DRIVERS)))
        async with client_of(world.door("service"), max(CLIENT_COUNTS)) as client:
            contenders, filled = list[Contender](), dict[str, list[Hours]]()
            for clients in CLIENT_COUNTS:
                lot = await world.open_lot(SPOTS)
                await _copy(pool, lot)
                for way, attempt in ((SERVICE, _asking(client, drivers, lot)), (STATEMENT, _stating(pool, lot))):
                    contender, each = _contender(way, attempt, clients, drivers)
                    contenders.append(contender)
                    filled.setdefault(way, []).append(each)
            async with trial.platform.stack.without("reservation-work"):
                rotation = await trial.rotated_within_seconds(contenders, most)
        await _check(world, pool, filled)
    return Findings(
        [line for clients in CLIENT_COUNTS for line in _lines(rotation, clients)],
        rotation,
        {"spots": SPOTS, "hours of each measurement": rotation.times, "clients": CLIENT_COUNTS},
    )


async def _copy(pool: Pool, lot: CarPark) -> None:
    await pool.executemany("INSERT INTO spots VALUES ($1, $2)", [(UUID(s), UUID(lot.id)) for s in lot.spots.values()])
    await pool.execute("ANALYZE spots")


def _contender(way: str, attempt: Try, clients: int, drivers: Sequence[Driver]) -> tuple[Contender, Hours]:
    hours = Hours(attempt, clients)

    async def measure(times: int) -> Measured:
        await asyncio.gather(*(driver.sign_in() for driver in drivers))
        return await hours.measured(times)

    return Contender(_name(way, clients), measure), hours


def _asking(client: Client, drivers: Sequence[Driver], lot: CarPark) -> Try:
    people = cycle(drivers)

    async def attempt(hour: datetime) -> bool:
        times = {"start_time": hour.isoformat(), "end_time": (hour + HOUR).isoformat()}
        request = booking({"parking_lot_id": lot.id, **times}, next(people), (CREATED, CONFLICT))
        status, _ = await client.send(request)
        return status == CREATED

    return attempt


def _stating(pool: Pool, lot: CarPark) -> Try:
    lot_id = UUID(lot.id)

    async def attempt(hour: datetime) -> bool:
        """Again where another one was faster, as long as anything is free."""
        while True:
            row = await pool.fetchrow(BOOK_ANY, lot_id, hour, hour + HOUR, lot.id.encode())
            if row is None:
                raise WrongAnswer("the statement gave no row")
            if row["is_booked"] or not row["is_any_free"]:
                return bool(row["is_booked"])

    return attempt


def _lines(rotation: Rotation, clients: int) -> Sequence[Line]:
    service, statement = (_name(way, clients) for way in (SERVICE, STATEMENT))
    accepted = rotation.series(service, ACCEPTED), rotation.series(statement, ACCEPTED)
    return [
        Line(f"{clients} clients", *accepted, Goal("ratio", "≥", 0.35)),
        Line(f"{clients} clients, p99", rotation.series(service, P99), goal=Goal("figure", "≤", 2000)),
    ]


def _name(way: str, clients: int) -> str:
    return f"{way}, {clients} clients"


async def _check(world: World, pool: Pool, filled: dict[str, list[Hours]]) -> None:
    """Every hour of every contender has one booking for each spot, and nothing else is booked."""
    found = {SERVICE: await world.databases.rows("reservation", OURS), STATEMENT: await pool.fetch(THEIRS)}
    for way, rows in found.items():
        asked = sorted(hour for each in filled[way] for hour in each.asked)
        exact = all(row["count"] == row["different"] == SPOTS for row in rows)
        if asked != sorted(row["hour"] for row in rows) or not exact:
            raise WrongAnswer(f"{way}: what was booked is not {SPOTS} different spots of each hour")
