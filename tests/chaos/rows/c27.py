"""C27: goodwill, disputes, cancellations and late money, mixed at random."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from httpx import codes
from tests.chaos.clients import PersistentDriver
from tests.chaos.oracle import money, refunds
from tests.chaos.verdict import Verdict, zero_of
from tests.chaos.world import World
from tests.system.backstage import intent_id

from parking_demo.people import CarPark, Json, soon, tomorrow_at
from parking_platform.testing.waiting import wait_until

PROMISE = "each refund order is paid once, of its own payment, or closed with its reason"
DRIVERS = 6
SPOTS, DAYS, HOURS = 20, 60, 20
PATIENCE = 120
VISA, DISPUTED = "pm_card_visa", "pm_card_createDispute"
CLOSED_BY_GOODWILL, CLOSED_BY_DISPUTE = "covered_by_goodwill", "lost_to_dispute"


@dataclass(frozen=True)
class Size:
    """How often each story is played."""

    times: int


FULL = Size(times=40)
SHORT = Size(times=2)


@dataclass(frozen=True)
class Stay:
    """A booking that was paid, and all that can happen to it."""

    world: World
    driver: PersistentDriver
    reservation: Json
    payment: Json

    async def cancel(self) -> None:
        """The driver gives up; where an operator's refund or an entry was faster, nothing changes."""
        await self.driver.post(f"/reservations/{self.reservation['id']}/cancel")

    async def goodwill(self, share: float = 1.0) -> None:
        """An operator gives a part of what was paid, or all that is left; where nothing is left, nothing changes."""
        amount = {**self.payment["amount"], "amount": round(self.payment["amount"]["amount"] * share)}
        body = {"reason": "goodwill", **({} if share == 1.0 else {"amount": amount})}
        key = str(uuid4())

        async def answered() -> bool:
            headers = {"Idempotency-Key": key}
            answer = await self.world.operator.post(f"/payments/{self.payment['id']}/refunds", body, headers=headers)
            if answer.status_code == codes.UNAUTHORIZED:
                await self.world.operator.sign_in()
            return answer.status_code in {codes.CREATED, codes.CONFLICT}

        await wait_until(answered, "an answer on goodwill", seconds=PATIENCE)

    async def dispute_ends(self, outcome: str) -> None:
        """The bank decides, once the dispute is there."""

        async def decided() -> bool:
            return await self.world.provider.decide_dispute(self.payment, outcome)

        await wait_until(decided, "a dispute", seconds=PATIENCE)

    async def a_while(self) -> None:
        """So that what follows meets what came before in every state."""
        await asyncio.sleep(self.world.random.choice([0, 0, 0.05, 0.3, 1]))


type Story = Callable[[Stay], Awaitable[None]]


async def _cancelled(stay: Stay) -> None:
    await stay.cancel()


async def _goodwill_then_cancelled(stay: Stay) -> None:
    await stay.goodwill(stay.world.random.uniform(0.1, 0.9))
    await stay.a_while()
    await stay.cancel()


async def _cancelled_then_goodwill(stay: Stay) -> None:
    await stay.cancel()
    await stay.a_while()
    await stay.goodwill()


async def _both_at_once(stay: Stay) -> None:
    await asyncio.gather(stay.goodwill(stay.world.random.uniform(0.1, 0.9)), stay.cancel())


async def _all_given_back(stay: Stay) -> None:
    await stay.goodwill(0.5)
    await stay.a_while()
    await stay.goodwill()


async def _disputed(stay: Stay, outcome: str) -> None:
    first, second = stay.world.random.sample([stay.cancel, lambda: stay.dispute_ends(outcome)], 2)
    await first()
    await stay.a_while()
    await second()


async def _disputed_and_lost(stay: Stay) -> None:
    await _disputed(stay, "lost")


async def _disputed_and_won(stay: Stay) -> None:
    await _disputed(stay, "won")


STORIES: Mapping[str, Story] = {
    "cancelled": _cancelled,
    "goodwill, then cancelled": _goodwill_then_cancelled,
    "cancelled, then goodwill": _cancelled_then_goodwill,
    "goodwill and cancelled at once": _both_at_once,
    "all given back": _all_given_back,
    "disputed and lost": _disputed_and_lost,
    "disputed and won": _disputed_and_won,
}
LATE = "late money"


async def run(world: World, size: Size, verdict: Verdict) -> None:
    """Each driver lives through stories, in an order of their own. Some begin within the hour: half goes back."""
    lot, full = await world.open_lot(SPOTS), [await world.open_lot(1) for _ in range(DRIVERS)]
    drivers = await world.drivers(DRIVERS, patience=90)
    names = [*STORIES, LATE] * size.times
    world.random.shuffle(names)
    shares = [names[place::DRIVERS] for place in range(DRIVERS)]
    played = Counter[str]()

    async def live(driver: PersistentDriver, own: CarPark, stories: Sequence[str]) -> None:
        days = itertools.count()
        for name in stories:
            story = _late(world, driver, own, next(days)) if name == LATE else _play(world, driver, lot, name)
            played.update({name: await story})

    await asyncio.gather(*(live(*each) for each in zip(drivers, full, shares, strict=True)))
    verdict.violations += await world.settled()
    outcomes = await _outcomes(world)
    for needed in (CLOSED_BY_GOODWILL, CLOSED_BY_DISPUTE, "refunded"):
        verdict.require(outcomes[needed], f"no order was {needed}: this run says nothing of that")
    verdict.require(played[LATE], "no money came late")
    verdict.tried |= dict(played)
    verdict.found |= {"orders": zero_of(outcomes["orders"]), "outcomes": dict(outcomes)}


async def _play(world: World, driver: PersistentDriver, lot: CarPark, name: str) -> int:
    """Book, pay, and what follows; not where all spots are taken."""
    is_soon = world.random.random() < 0.3
    booked = await driver.reserve(lot, start=soon() if is_soon else _some_time(world), hours=world.random.randint(1, 4))
    if booked.status_code != codes.CREATED:
        return 0
    reservation = booked.json()
    payment = await driver.begin_payment(reservation["charge"]["token"])
    await driver.give_card(payment, DISPUTED if name.startswith("disputed") else VISA)
    await driver.wait_for_status(reservation["id"], "confirmed")
    await STORIES[name](Stay(world, driver, reservation, payment))
    return 1


async def _late(world: World, driver: PersistentDriver, lot: CarPark, day: int) -> int:
    """Money that comes after the hold, when somebody else has the only spot: all of it goes back, once."""
    start = tomorrow_at(12) + timedelta(days=day)
    booked = await driver.reserve(lot, start=start)
    reservation = booked.json()
    payment = await driver.begin_payment(reservation["charge"]["token"])
    await world.provider.refuse("POST", f"/v1/payment_intents/{intent_id(payment)}/cancel")
    await world.databases.let_the_hold_run_out(reservation["id"])
    await driver.wait_for_status(reservation["id"], "expired")
    assert (await driver.reserve(lot, start=start)).status_code == codes.CREATED, "somebody was faster"
    await driver.give_card(payment)
    return 1


def _some_time(world: World) -> datetime:
    return tomorrow_at(0) + timedelta(days=world.random.randrange(DAYS), hours=world.random.randrange(HOURS))


async def _outcomes(world: World) -> Counter[str]:
    """How many orders there were, and what came of them."""
    books = await money.books(world.databases, world.provider, world.lot_ids)
    counts = Counter(orders=len(books.outcomes))
    for outcome in books.outcomes.values():
        counts.update(part for part in refunds.PARTS if outcome[part])
    return counts
