"""C28: supply goes away under bookings, while others book, also what is about to go."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from httpx import codes
from tests.chaos.clients import PersistentDriver
from tests.chaos.load import Journeys
from tests.chaos.oracle import supply
from tests.chaos.verdict import Verdict, zero_of
from tests.chaos.world import World

from parking_demo.people import API, CarPark, Driver, Json, require, soon, tomorrow_at
from parking_platform.testing.waiting import wait_until

PROMISE = (
    "each booking is moved, refunded, or waits for its exit; none is left on a spot that is gone, and all are told"
)
AT_ONCE = 4
UNPAID = 10
"""One booking of so many is still pending."""
REFUNDED = 5
"""Of so many spots, the bookings of one are to be refunded instead of moved."""
PATIENCE = 180
FIRST = 6
"""The first hour that is booked: the cars that are in now have left by then, whatever the time is."""


@dataclass(frozen=True)
class Size:
    """So many spots go, each with a booking in each hour; so many stay, free in all of them; so many cars are in.

    So many drivers have these bookings. So many others have made so many requests before the first spot goes.
    """

    going: int
    staying: int
    hours: int
    inside: int
    drivers: int
    others: int
    requests: int


FULL = Size(going=40, staying=20, hours=5, inside=4, drivers=8, others=4, requests=400)
SHORT = Size(going=4, staying=2, hours=2, inside=1, drivers=3, others=2, requests=10)


async def run(world: World, size: Size, verdict: Verdict) -> None:
    """Half of the bookings have another spot of the lot, as far as others leave one; the rest has none."""
    lot = await world.open_lot(size.going + size.staying)
    going, staying = _parts(lot, size.going)
    drivers, others = [await world.drivers(count, patience=PATIENCE) for count in (size.drivers, size.others)]
    inside = await _drive_in(world, drivers[0], going, size.inside)
    booked = {each["id"]: each["spot_id"] for each in [*inside.values(), *await _book(drivers, going, size.hours)]}

    policies = _policies(world, going)
    refunding = [spot for spot, policy in policies.items() if policy == "refund"]

    async def wrong() -> list[str]:
        now, theirs = await supply.read(world.databases, lot.id), _of_others(world, lot, booked)
        instead = supply.moved_instead(booked, refunding, now)
        return [*supply.violations(booked, now), *supply.unnotified(theirs, now), *instead]

    async with Journeys([lot, staying, await world.open_lot(size.staying)], world.random).under_way(others):
        await world.history.grows(size.requests)
        jobs = await _take_away(world, policies)
        verdict.violations += await world.until_right(wrong)
    outcomes = Counter(supply.outcomes(booked, await supply.read(world.databases, lot.id)))
    verdict.require(outcomes["waits for its exit"] == len(inside), f"of {len(inside)} cars inside: {outcomes}")
    for name in ("moved", "refunded", "cancelled"):
        verdict.require(outcomes[name], f"nothing was {name}")
    await world.operator.sign_in()
    for credential in inside:
        await _pass(world, lot, credential, "check-out")
    verdict.violations += [*await _unfinished(world, jobs), *await world.until_right(wrong), *await world.settled()]
    there = (await supply.read(world.databases, lot.id)).spots
    verdict.violations += [f"spot {number} is still there" for number, spot in going.spots.items() if spot in there]
    verdict.tried |= {"bookings": len(booked), "spots that went": len(going.spots), "jobs": len(jobs)}
    verdict.tried |= _tried_by_others(_of_others(world, lot, booked), going)
    verdict.found |= {**outcomes, "left on a spot that is gone": zero_of(len(booked))}


def _parts(lot: CarPark, going: int) -> tuple[CarPark, CarPark]:
    """The spots that go, and those that stay."""
    spots = list(lot.spots.items())
    return CarPark(lot.id, dict(spots[:going])), CarPark(lot.id, dict(spots[going:]))


def _of_others(world: World, lot: CarPark, booked: Mapping[str, str]) -> Mapping[str, str]:
    """The spots that the others were promised in the lot, by their reservations."""
    answers = [each.answer for each in world.history.acknowledged()]
    promised = {each["id"]: each["spot_id"] for each in answers if each["parking_lot_id"] == lot.id}
    return {key: spot for key, spot in promised.items() if key not in booked}


def _tried_by_others(promised: Mapping[str, str], going: CarPark) -> Mapping[str, int]:
    were_going = sum(spot in going.spots.values() for spot in promised.values())
    return {"bookings of others in the lot": len(promised), "of these on spots that went": were_going}


async def _book(drivers: Sequence[PersistentDriver], lot: CarPark, hours: int) -> Sequence[Json]:
    """Each spot in each hour of tomorrow; nearly all are paid, and confirmed."""
    wanted = list(enumerate((spot, FIRST + hour) for hour in range(hours) for spot in lot.spots.values()))

    async def book(driver: PersistentDriver, share: Sequence[tuple[int, tuple[str, int]]]) -> list[Json]:
        booked: list[Json] = []
        for number, (spot, hour) in share:
            answer = await driver.reserve(lot, start=tomorrow_at(hour), hours=1, spot_id=spot)
            reservation = require(answer, codes.CREATED).json()
            if number % UNPAID:
                await driver.pay(reservation)
                await driver.wait_for_status(reservation["id"], "confirmed")
            booked.append(reservation)
        return booked

    shares = [wanted[place :: len(drivers)] for place in range(len(drivers))]
    return [each for own in await asyncio.gather(*map(book, drivers, shares)) for each in own]


async def _drive_in(world: World, driver: PersistentDriver, lot: CarPark, count: int) -> Mapping[str, Json]:
    """The reservations of cars that are in now, by what their drivers hold to the reader."""
    inside: dict[str, Json] = {}
    for spot in list(lot.spots.values())[:count]:
        answer = await driver.reserve(lot, start=soon(), hours=3, spot_id=spot)
        reservation = require(answer, codes.CREATED).json()
        await driver.pay(reservation)
        await driver.wait_for_status(reservation["id"], "confirmed")
        # A picture is no answer for the history, so it is asked for past it.
        credential = await Driver(driver.city, driver.email, tokens=driver.tokens).qr_text(reservation["id"])
        await _pass(world, lot, credential, "check-in")
        inside[credential] = reservation
    return inside


async def _pass(world: World, lot: CarPark, credential: str, way: str) -> None:
    answer = await world.operator.gate(way, lot, credential)
    assert answer["decision"] == "open", answer


def _policies(world: World, lot: CarPark) -> Mapping[str, str]:
    """What is to become of the bookings of each spot; the spots in the order in which they go."""
    spots = list(lot.spots.values())
    world.random.shuffle(spots)
    return {spot: "move" if place % REFUNDED else "refund" for place, spot in enumerate(spots)}


async def _take_away(world: World, policies: Mapping[str, str]) -> Sequence[str]:
    """Every second spot is deleted, the others go out of service, a few at once; the jobs that came of it."""
    await world.operator.sign_in()
    places = asyncio.Semaphore(AT_ONCE)

    async def take(place: int, spot: str, policy: str) -> str | None:
        body, parameters = {"status": "out_of_service"}, {"affected": policy}
        async with places:
            if place % 2:
                answer = await world.operator.send("DELETE", f"/spots/{spot}", params=parameters)
            else:
                answer = await world.operator.send("PATCH", f"/spots/{spot}", json=body, params=parameters)
        assert answer.is_success, answer.text
        return answer.headers.get("Location")

    jobs = await asyncio.gather(*(take(place, *each) for place, each in enumerate(policies.items())))
    return [job.removeprefix(API) for job in jobs if job]


async def _unfinished(world: World, jobs: Sequence[str]) -> list[str]:
    """The jobs that do not end, or not with as many bookings as they say."""
    wrong: list[str] = []
    for address in jobs:

        async def ended(address: str = address) -> Json | None:
            job = require(await world.operator.get(address), codes.OK).json()
            return job if job["status"] == "done" else None

        job = await wait_until(ended, f"{address} to end", seconds=PATIENCE)
        if job is None or job["done"] != job["total"]:
            wrong.append(f"{address} ended as {job}")
    return wrong
