"""C25: the active relay stands still, or is cut off from its database, while holds that were paid for are due."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from signal import SIGCONT, SIGSTOP
from uuid import UUID

import httpx
from tests.chaos.clients import PersistentDriver
from tests.chaos.oracle import bookings
from tests.chaos.verdict import Verdict, zero_of
from tests.chaos.world import World

from parking_demo.people import CarPark, Json, tomorrow_at
from parking_platform.testing.line import Line, line_to
from parking_platform.testing.waiting import wait_until

PROMISE = "a relay that is frozen or cut off hands over within 10 s, and no hold that was paid for runs out meanwhile"
SERVICE, PROCESS = "payment", "payment-work"
MOST_SECONDS = 10.0
GIVE_UP_SECONDS = 90
DRIVERS = 4
PAID = "SELECT count(*) FROM payments WHERE reservation_id = $1 AND succeeded_at IS NOT NULL"
UNSENT = "SELECT count(*) FROM outbox WHERE sent_at IS NULL"


@dataclass(frozen=True)
class Size:
    """How often each is done to it."""

    rounds: int


FULL = Size(rounds=10)
SHORT = Size(rounds=1)


@dataclass
class Found:
    """Of all rounds. `in_time` counts the holds that fell due while the event of their money waited for a relay."""

    hand_overs: list[float] = field(default_factory=list[float])
    paid: list[str] = field(default_factory=list[str])
    in_time: int = 0


async def run(world: World, size: Size, verdict: Verdict) -> None:
    """The platform's own worker and a second one, whose relay reaches the database by a line: each leads in turn."""
    lot, drivers = await world.open_lot(DRIVERS), await world.drivers(DRIVERS, patience=60)
    first, found = world.platform.address(f"{SERVICE}_worker"), Found()
    url = world.platform.postgres[SERVICE]
    async with AsyncExitStack() as stack:
        await _is_active(first, GIVE_UP_SECONDS)
        line = await stack.enter_async_context(line_to(url))
        relay = {"DATABASE_RELAY_URL": line.through(url)}
        second = await stack.enter_async_context(world.faults.second_worker(SERVICE, **relay))
        for number in range(size.rounds):
            holds = await _holds(drivers, lot, day=2 * number)
            await _hand_over(world, drivers, holds, lambda: _frozen(world), second, found)
            holds = await _holds(drivers, lot, day=2 * number + 1)
            await _hand_over(world, drivers, holds, lambda: _cut(line), first, found)
    verdict.violations += await world.settled()
    expired = await bookings.expired_though_paid(world.databases, found.paid)
    verdict.violations += expired
    longest = max(found.hand_overs)
    verdict.require(longest <= MOST_SECONDS, f"a hand-over took {longest:.1f} s")
    verdict.require(found.in_time, "no hold fell due before another relay had taken over: nothing was tried")
    verdict.tried |= {"hand-overs": len(found.hand_overs), "holds due before their money was published": found.in_time}
    verdict.found |= {
        "handed over after s": [round(each, 1) for each in found.hand_overs],
        "paid holds that ran out": f"{len(expired)} of {len(found.paid)}" if expired else zero_of(len(found.paid)),
    }


async def _hand_over(
    world: World,
    drivers: Sequence[PersistentDriver],
    holds: Sequence[Json],
    fault: Callable[[], AbstractAsyncContextManager[None]],
    other: str,
    found: Found,
) -> None:
    """Stop the active relay, pay, let the holds run out; until the other has taken over and all is confirmed."""
    async with fault():
        began = time.monotonic()
        paying = asyncio.gather(*(_pay(world, *each, found) for each in zip(drivers, holds, strict=True)))
        await _is_active(other, GIVE_UP_SECONDS)
        found.hand_overs.append(time.monotonic() - began)
        await paying
    for driver, hold in zip(drivers, holds, strict=True):
        await wait_until(
            lambda driver=driver, hold=hold: _is_confirmed(driver, hold),
            f"reservation {hold['id']} to be confirmed",
            seconds=GIVE_UP_SECONDS,
        )


async def _is_confirmed(driver: PersistentDriver, hold: Json) -> bool:
    return (await driver.reservation(hold["id"]))["status"] == "confirmed"


async def _holds(drivers: Sequence[PersistentDriver], lot: CarPark, day: int) -> Sequence[Json]:
    start = tomorrow_at(12) + timedelta(days=day)
    answers = await asyncio.gather(*(driver.reserve(lot, start=start) for driver in drivers))
    return [answer.json() for answer in answers]


async def _pay(world: World, driver: PersistentDriver, hold: Json, found: Found) -> None:
    """Pay; and as soon as payment has committed that, the hold is due."""
    await driver.pay(hold)
    reservation_id = UUID(hold["id"])

    async def is_paid() -> int:
        return (await world.databases.rows(SERVICE, PAID, reservation_id))[0][0]

    await wait_until(is_paid, "payment to know of the money", seconds=GIVE_UP_SECONDS)
    found.paid.append(hold["id"])
    await world.databases.let_the_hold_run_out(hold["id"])
    found.in_time += bool((await world.databases.rows(SERVICE, UNSENT))[0][0])


async def _is_active(address: str, seconds: float) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:

        async def publishes() -> bool:
            return "relay_active 1.0" in (await client.get(f"{address}/metrics")).text.splitlines()

        await wait_until(publishes, f"the relay at {address} to be active", seconds=seconds, pause=0.1)


@asynccontextmanager
async def _frozen(world: World) -> AsyncIterator[None]:
    world.platform.signal(PROCESS, SIGSTOP)
    try:
        yield
    finally:
        world.platform.signal(PROCESS, SIGCONT)


@asynccontextmanager
async def _cut(line: Line) -> AsyncIterator[None]:
    line.cut()
    try:
        yield
    finally:
        line.mend()
