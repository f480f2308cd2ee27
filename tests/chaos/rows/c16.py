"""C16: one reservation in a hundred cannot be handled, until the cause is fixed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from tests.chaos.load import Journeys
from tests.chaos.oracle import effects
from tests.chaos.verdict import Verdict
from tests.chaos.world import SETTLING_SECONDS, World
from tests.system.backstage import command

from parking_platform.testing.waiting import wait_until

PROMISE = "1 % poison: exactly so many dead letters, the others in time, and after the replay as if nothing had been"
MOST_LATE = timedelta(seconds=10)
DRIVERS = 6
LOTS, SPOTS = 4, 25
GROUP = "notification.reservations"

# A fault of the handler, as a bad release brings it: it fails on one reservation in so many.
FAULT = """
    CREATE FUNCTION fail_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF abs(hashtext(NEW.id::text)) % {one_in} = 0 THEN RAISE EXCEPTION 'poison'; END IF; RETURN NEW;
    END $$;
    CREATE TRIGGER fail_it BEFORE INSERT OR UPDATE ON reservation_owners FOR EACH ROW EXECUTE FUNCTION fail_it()"""
FIXED = "DROP TRIGGER fail_it ON reservation_owners; DROP FUNCTION fail_it"
POISONED = "SELECT id FROM reservations WHERE parking_lot_id = ANY($1) AND abs(hashtext(id::text)) % {one_in} = 0"
DEAD = "SELECT count(*) FROM dead_letters WHERE consumer = $1 AND resolved_at IS NULL"
CREATED = "SELECT id, created_at FROM reservations WHERE parking_lot_id = ANY($1)"
FIRST_MESSAGE_AT = "SELECT room, min(told_at) AS told_at FROM room_events WHERE room = ANY($1) GROUP BY room"


@dataclass(frozen=True)
class Size:
    """How many requests the drivers make, and one reservation in how many is poison."""

    requests: int
    one_in: int


FULL = Size(requests=5_000, one_in=100)
SHORT = Size(requests=150, one_in=10)


async def run(world: World, size: Size, verdict: Verdict) -> None:
    """A load with the fault; then it is fixed, and an operator replays."""
    lots = [await world.open_lot(SPOTS) for _ in range(LOTS)]
    drivers = await world.drivers(DRIVERS, patience=90)
    async with _faulty(world, size):
        async with Journeys(lots, world.random).under_way(drivers):
            await world.history.grows(size.requests)
        poisoned = {f"reservation:{each}" for each in await _poisoned(world, size)}
        await _until_applied(world, poisoned)
        dead = await _dead(world)
        latest = await _latest(world, poisoned)
    await command(world.platform, "notification", "replay", "--group", GROUP)
    verdict.violations += await world.settled()
    verdict.require(poisoned, "no reservation was poison")
    verdict.require(
        dead == len(poisoned), f"{len(poisoned)} reservations are poison, and {dead} events are dead letters"
    )
    verdict.require(latest <= MOST_LATE, f"a good event was published {latest} late")
    verdict.tried |= {"reservations": len(list(world.history.acknowledged())), "of these poison": len(poisoned)}
    verdict.found |= {"dead letters": dead, "good ones late by s, at most": round(latest.total_seconds(), 2)}


@asynccontextmanager
async def _faulty(world: World, size: Size) -> AsyncIterator[None]:
    async with world.databases.changing_schema("notification") as connection:
        await connection.execute(FAULT.format(one_in=size.one_in))
        try:
            yield
        finally:
            await connection.execute(FIXED)


async def _poisoned(world: World, size: Size) -> list[UUID]:
    where = [UUID(lot) for lot in world.lot_ids]
    return [row["id"] for row in await world.databases.rows("reservation", POISONED.format(one_in=size.one_in), where)]


async def _until_applied(world: World, poisoned: set[str]) -> None:
    """Wait until every event of the others took effect, and as many are dead as should be."""

    async def everything() -> bool:
        found = await effects.read(world.databases, world.lot_ids)
        others = {room: version for room, version in found.versions.items() if room not in poisoned}
        is_dead = await _dead(world) >= len(poisoned)
        return is_dead and not effects.violations(effects.Effects(others, found.messages))

    await wait_until(everything, "the events of the others to take effect", seconds=SETTLING_SECONDS)


async def _dead(world: World) -> int:
    ((dead,),) = await world.databases.rows("notification", DEAD, GROUP)
    return dead


async def _latest(world: World, poisoned: set[str]) -> timedelta:
    """How long after its booking the first message of the last of the others was published."""
    rows = await world.databases.rows("reservation", CREATED, [UUID(lot) for lot in world.lot_ids])
    created = {f"reservation:{row['id']}": row["created_at"] for row in rows}
    messages = await world.databases.rows(
        "notification", FIRST_MESSAGE_AT, [room for room in created if room not in poisoned]
    )
    return max(row["told_at"] - created[row["room"]] for row in messages)
