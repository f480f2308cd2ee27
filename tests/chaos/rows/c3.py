"""C3: the same request comes again, later or fifty times at once."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
from httpx import codes
from tests.chaos.clients import PersistentDriver, is_in_flight
from tests.chaos.load import Journeys
from tests.chaos.verdict import Verdict, zero_of
from tests.chaos.world import World

from parking_demo.people import CarPark, Driver

PROMISE = "a repeated request is one booking, one charge and the same answer; another body under its key is refused"
EVERY = 20
AT_ONCE = 50
DRIVERS = 12
LOTS, SPOTS = 4, 25
# Each payment brings five messages of the provider, and so many would take longer to publish than to make.
PAYS = 0.25
KEY = "Idempotency-Key"


@dataclass(frozen=True)
class Size:
    """How many requests are made, of which every 20th is repeated; and how many bursts of bookings and of payments."""

    requests: int
    bursts: int


FULL = Size(requests=20_000, bursts=20)
SHORT = Size(requests=200, bursts=1)


@dataclass
class Repeats:
    """What the repeated requests were answered."""

    asked: int = 0
    repeated: int = 0
    reused: int = 0
    wrong: list[str] = field(default_factory=list[str])

    def compare(self, first: httpx.Response, again: httpx.Response, other: httpx.Response | None) -> None:
        """The repeat must say the same; the same key with another body must be refused."""
        self.repeated += 1
        if (first.status_code, first.text) != (again.status_code, again.text):
            self.wrong.append(f"{_name(again)} answered {again.status_code}, at first {first.status_code}")
        if "idempotent-replayed" not in again.headers:
            self.wrong.append(f"{_name(again)} did not say that it repeats an answer")
        if other is not None:
            self.reused += 1
            if other.status_code != codes.UNPROCESSABLE_ENTITY:
                self.wrong.append(f"{_name(other)}: another body under a used key was answered {other.status_code}")


@dataclass
class ForgetfulDriver(PersistentDriver):
    """Sends every 20th request again, and once more with another body."""

    repeats: Repeats = field(kw_only=True)

    async def send(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        answer = await super().send(method, path, headers=headers, **more)
        if KEY not in (headers or {}):
            return answer
        self.repeats.asked += 1
        if self.repeats.asked % EVERY == 0:
            again = await super().send(method, path, headers=headers, **more)
            other = None
            if "vehicle_plate" not in more["json"] and path == "/reservations":
                changed = {**more, "json": {**more["json"], "vehicle_plate": "ZH 1"}}
                other = await super().send(method, path, headers=headers, **changed)
            self.repeats.compare(answer, again, other)
        return answer


async def run(world: World, size: Size, verdict: Verdict) -> None:
    """Repeats one after the other among a load; then bursts under one key."""
    lots = [await world.open_lot(SPOTS) for _ in range(LOTS)]
    # Opened now: by the end of the load the operator's token has run out.
    apart = await world.open_lot(size.bursts)
    repeats = Repeats()
    drivers = [_forgetful(each, repeats) for each in await world.drivers(DRIVERS, patience=90, clients=2)]
    async with Journeys(lots, world.random, pays=PAYS).under_way(drivers):
        while repeats.asked < size.requests:  # noqa: ASYNC110 - the load is what is waited for
            await asyncio.sleep(0.1)
    bursts = [await _burst(world, apart, repeats) for _ in range(size.bursts)]
    verdict.violations += repeats.wrong + await world.settled()
    verdict.tried |= {
        "requests with a key": repeats.asked,
        "repeated later": repeats.repeated,
        "repeated with another body": repeats.reused,
        f"bursts of {AT_ONCE} at once": 2 * size.bursts,
    }
    verdict.found |= {
        "answers within bursts": dict(sum(bursts, Counter())),
        "wrong": zero_of(repeats.repeated + repeats.reused + 2 * size.bursts * AT_ONCE)
        if not repeats.wrong
        else len(repeats.wrong),
    }


def _forgetful(driver: PersistentDriver, repeats: Repeats) -> ForgetfulDriver:
    return ForgetfulDriver(
        driver.city, driver.email, tokens=driver.tokens,
        history=driver.history, patience=driver.patience, pauses=driver.pauses, repeats=repeats,
    )  # fmt: skip


async def _burst(world: World, lot: CarPark, repeats: Repeats) -> Counter[str]:
    """One driver books with one key fifty times at once, and pays so."""
    (driver,) = await world.drivers(1, patience=0, clients=1)
    booked, booking = await _fifty(lambda key: driver.reserve(lot, key=key), repeats)
    paying = {"charge_token": booked.json()["charge"]["token"]}
    paid, payment = await _fifty(lambda key: driver.post("/payments", paying, headers={KEY: key}), repeats)
    await Driver.give_card(driver, paid.json())
    return booking + payment


async def _fifty(
    send: Callable[[str], Awaitable[httpx.Response]], repeats: Repeats
) -> tuple[httpx.Response, Counter[str]]:
    """What the key is answered once nobody works on it any more, and what each of the fifty was answered."""
    key = str(uuid4())
    answers: Sequence[httpx.Response] = await asyncio.gather(*(send(key) for _ in range(AT_ONCE)))
    again = await send(key)
    for answer in answers:
        if answer.status_code == codes.CREATED and answer.text != again.text:
            repeats.wrong.append(f"{_name(answer)}: one key had two answers")
        elif answer.status_code != codes.CREATED and not is_in_flight(answer):
            repeats.wrong.append(f"{_name(answer)} answered {answer.status_code} within a burst")
    return again, Counter(str(answer.status_code) for answer in answers)


def _name(answer: httpx.Response) -> str:
    return f"{answer.request.method} {answer.request.url.path} with key {answer.request.headers[KEY]}"
