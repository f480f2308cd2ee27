"""The free spots of a large lot for an hour, among few and many reservations."""

import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from uuid import UUID

from benchmarks.figures import Goal, Line
from benchmarks.load import P50, RATE, Client, Request, client_of, measured
from benchmarks.reference_database import Pool, pool_of
from benchmarks.rotation import Contender, Measured, Rotation, WrongAnswer
from benchmarks.spot_requests import HOUR
from benchmarks.trial import SEED, Findings, Trial
from tests.chaos.load import door_of
from tests.chaos.world import World

from parking_demo.people import API, CarPark, tomorrow_at
from reservation_service.adapters.postgres.timetable import PICK_FREE_SPOTS
from reservation_service.domain.lots import SPOT_TYPES

WHAT = "the free spots of a lot of 500 for an hour; so many reservations of that lot"
SPOTS = 500
# Of five hours each spot is booked for four, and a fifth of the spots is free at any hour.
CYCLE = 5
FREE = SPOTS // CYCLE
IN_FLIGHT = 16
SERVICE, STATEMENT = "service", "the service's SQL"
FEW = 20_000

# $1 lot, $2 from when on, $3 its spots, $4 for how many hours; as reservations come, in no order
FILL = f"""
INSERT INTO allocations (id, parking_lot_id, spot_id, during, reservation_id)
SELECT gen_random_uuid(), $1, spot.id,
    tstzrange($2::timestamptz + hour * interval '1 hour', $2::timestamptz + (hour + 1) * interval '1 hour'),
    gen_random_uuid()
FROM unnest($3::uuid[]) WITH ORDINALITY AS spot (id, place), generate_series(0, $4::int - 1) AS hour
WHERE (hour + spot.place) % {CYCLE} <> 0
ORDER BY random()
"""


@dataclass(frozen=True)
class Lot:
    """A lot with so many reservations from an instant on."""

    park: CarPark
    reservations: int
    begins: datetime
    random: Random = field(default_factory=lambda: Random(SEED))

    def hours(self, count: int) -> Sequence[datetime]:
        """Hours to ask about; each lot is booked in all of them."""
        return [self.begins + self.random.randrange(_hours(FEW)) * HOUR for _ in range(count)]

    @property
    def path(self) -> str:
        """What is asked."""
        return f"{API}/parking-lots/{self.park.id}/availability"

    def named(self, way: str) -> str:
        """The contender's name."""
        return f"{way}, {self.reservations}"


async def run(trial: Trial) -> Findings:
    """All lots lie in one table, so that each can be asked in rotation with the others."""
    sizes = trial.sized((FEW,), (FEW, 200_000), (FEW, 200_000, 2_000_000))
    async with trial.people() as world, AsyncExitStack() as stack:
        pool = await stack.enter_async_context(pool_of(trial.platform.postgres_owners["reservation"]))
        client = await stack.enter_async_context(client_of(door_of(trial.platform, "reservation"), IN_FLIGHT))
        lots = [await _filled(world, pool, size) for size in sizes]
        await pool.execute("VACUUM ANALYZE allocations")
        for lot in lots:
            await _compare(client, pool, lot)
        contenders = [each for lot in lots for each in _contenders(client, pool, lot)]
        rotation = await trial.rotated_within_seconds(contenders)
    return Findings(
        _lines(rotation, lots), rotation, {"requests": rotation.times, "in flight": IN_FLIGHT, "free spots": FREE}
    )


async def _filled(world: World, pool: Pool, reservations: int) -> Lot:
    lot = Lot(await world.open_lot(SPOTS), reservations, tomorrow_at(0))
    spots = [UUID(spot) for spot in lot.park.spots.values()]
    await pool.execute(FILL, UUID(lot.park.id), lot.begins, spots, _hours(reservations))
    return lot


def _hours(reservations: int) -> int:
    return reservations * CYCLE // (CYCLE - 1) // SPOTS


def _contenders(client: Client, pool: Pool, lot: Lot) -> Sequence[Contender]:
    async def ask(hour: datetime) -> None:
        _, body = await client.send(_request(lot, hour))
        if not body.startswith(b'{"free":%d,' % FREE):
            raise WrongAnswer(f"{lot.path} does not have {FREE} free spots: {body[:100]!r}")

    async def fetch(hour: datetime) -> None:
        if len(await pool.fetch(PICK_FREE_SPOTS, *_arguments(lot, hour))) != FREE:
            raise WrongAnswer(f"the statement does not find {FREE} free spots")

    return _contender(lot, SERVICE, ask), _contender(lot, STATEMENT, fetch)


def _contender(lot: Lot, way: str, answer: Callable[[datetime], Awaitable[None]]) -> Contender:
    async def measure(times: int) -> Measured:
        return await measured(lot.hours(times), IN_FLIGHT, answer)

    return Contender(lot.named(way), measure)


def _request(lot: Lot, hour: datetime) -> Request:
    begin, end = (f"{each:%Y-%m-%dT%H:%M:%SZ}" for each in (hour, hour + HOUR))
    return Request("GET", f"{lot.path}?from={begin}&to={end}&limit=1000", (200,))


def _arguments(lot: Lot, hour: datetime) -> Sequence[object]:
    return UUID(lot.park.id), hour, hour + HOUR, None, list(SPOT_TYPES), None


async def _compare(client: Client, pool: Pool, lot: Lot) -> None:
    """The service answers with the spots that its statement finds."""
    (hour,) = lot.hours(1)
    rows = await pool.fetch(PICK_FREE_SPOTS, *_arguments(lot, hour))
    _, body = await client.send(_request(lot, hour))
    if [str(row["id"]) for row in rows] != [spot["spot_id"] for spot in json.loads(body)["spots"]]:
        raise WrongAnswer("the service finds other free spots than its own statement")


def _lines(rotation: Rotation, lots: Sequence[Lot]) -> Sequence[Line]:
    beside_sql = [
        Line(
            f"{lot.reservations} reservations",
            rotation.series(lot.named(SERVICE), RATE),
            rotation.series(lot.named(STATEMENT), RATE),
            Goal("ratio", "≥", 0.5),
        )
        for lot in lots
    ]
    few, *many = lots
    beside_few = [
        Line(
            f"{lot.reservations} reservations, time of a call",
            rotation.series(lot.named(SERVICE), P50),
            rotation.series(few.named(SERVICE), P50),
            Goal("ratio", "≤", 1.5),
        )
        for lot in many
    ]
    return [*beside_sql, *beside_few]
