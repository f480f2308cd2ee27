"""C0: with a protection switched off, the harness reports what goes wrong; else its other rows count for nothing."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from tests.chaos.load import Journeys, storm
from tests.chaos.oracle import bookings, effects, events
from tests.chaos.verdict import Verdict
from tests.chaos.world import World

from parking_demo.people import CarPark
from parking_messaging import crash_points
from parking_messaging.crash_points import CrashPoint
from parking_platform.ports import free_port
from parking_platform.readiness import require_ok, wait_until_ready
from parking_platform.testing.waiting import TimedOut, wait_until

PROMISE = "without the constraint, the inbox or the outbox, the oracle reports the violation"
ROOT = Path(__file__).parents[3]
DRIVERS = 8
CRASHES = 5
THINKS = 0.2
START_SECONDS = 60
STORM_SPOTS, IN_FLIGHT = 5, 64
RIVALS = STORM_SPOTS + 1
"""So many are about to be written at once that two of them are for the same spot, however they chose."""

# Whatever is recorded is deleted at once.
FORGETFUL = """
    CREATE FUNCTION forget_it() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN DELETE FROM inbox WHERE consumer = NEW.consumer AND event_id = NEW.event_id; RETURN NULL; END';
    CREATE TRIGGER forget_it AFTER INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION forget_it()"""
MINDFUL = "DROP TRIGGER forget_it ON inbox; DROP FUNCTION forget_it"


@dataclass(frozen=True)
class Size:
    """How many attempts the storm without the constraint makes."""

    attempts: int


FULL = Size(attempts=2_000)
SHORT = Size(attempts=300)


async def run(world: World, size: Size, verdict: Verdict) -> None:
    """Each protection for itself."""
    verdict.tried["switched off"] = ["constraint", "inbox", "outbox"]
    reports = {
        "constraint dropped": await _without_constraint(world, size),
        "inbox off": await _without_inbox(world),
        "publish after commit": await _without_outbox(world),
    }
    for name, report in reports.items():
        verdict.found[name] = f"{len(report)} violations reported, such as: {report[0]}" if report else "nothing"
        verdict.require(report, f"{name}: the oracle reported nothing")


async def _without_constraint(world: World, size: Size) -> Sequence[str]:
    lot = await world.open_lot(STORM_SPOTS)
    drivers = await world.drivers(DRIVERS, patience=0)
    async with world.databases.double_booking_allowed(), world.databases.neck_and_neck(RIVALS):
        await storm(world.door("gateway"), drivers, lot, size.attempts, IN_FLIGHT, world.random)
        return [*await bookings.overlaps(world.databases, [lot.id]), *bookings.sold_twice(world.history)]


async def _without_inbox(world: World) -> Sequence[str]:
    """Notification dies between an effect and its offset until a room received something twice."""
    lot = await world.open_lot(STORM_SPOTS)
    drivers = await world.drivers(DRIVERS, patience=90)
    async with _forgetful(world), Journeys([lot], world.random, pause=THINKS).under_way(drivers):
        for _ in range(CRASHES):
            await world.faults.crash("notification", CrashPoint.EFFECT_COMMITTED)

            if reported := await _repeated(world, lot):
                return reported
    return []


async def _repeated(world: World, lot: CarPark) -> Sequence[str]:
    """What rooms received twice, as soon as one did."""

    async def reported() -> Sequence[str]:
        return effects.repeated(await effects.read(world.databases, [lot.id]))

    try:
        return await wait_until(reported, "an effect to be repeated", seconds=10)
    except TimedOut:
        return []


@asynccontextmanager
async def _forgetful(world: World) -> AsyncIterator[None]:
    async with world.databases.changing_schema("notification") as connection:
        await connection.execute(FORGETFUL)
        try:
            yield
        finally:
            await connection.execute(MINDFUL)


async def _without_outbox(world: World) -> Sequence[str]:
    """It dies between commit and produce; the booking stands, and no event of it is ever published."""
    lot = await world.open_lot(STORM_SPOTS)
    port = free_port()
    async with _unprotected(world, port) as process:
        (driver,) = await world.drivers(1, patience=0, through=f"http://127.0.0.1:{port}")
        crash_points.order(world.platform.crash_points, "reservation", CrashPoint.BOOKING_COMMITTED).touch()
        asking = asyncio.create_task(driver.reserve(lot))
        await asyncio.wait_for(process.wait(), START_SECONDS)
        await asyncio.gather(asking, return_exceptions=True)
    report = events.missing(*await world.published())
    for table in ("reservations", "allocations"):  # rows that come after this one find a platform that is whole
        await world.databases.rows("reservation", f"DELETE FROM {table} WHERE parking_lot_id = $1", UUID(lot.id))
    return report


@asynccontextmanager
async def _unprotected(world: World, port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    environment = os.environ | world.platform.parts.service_environment("reservation")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.chaos.unprotected", "serve", cwd=ROOT,
        env=environment | {"RESERVATION_HTTP_PORT": str(port)},
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        await wait_until_ready(lambda: require_ok(f"http://127.0.0.1:{port}/readyz"), seconds=START_SECONDS)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
