"""Who asks, and what there is to ask about: people and things of the fuzz's own, so that nobody else's come to harm."""

from asyncio import gather
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx

from parking_demo.people import (
    PASSWORD,
    TOKEN_IN_LINK,
    Administrator,
    CarPark,
    City,
    Driver,
    Json,
    Operator,
    Person,
    require,
    tomorrow_at,
)
from parking_platform.testing.platform import RunningPlatform
from parking_platform.testing.waiting import wait_until

SERVICES = ("auth", "parking", "reservation", "payment", "notification", "analytics")
ROLES = ("guest", "driver", "operator", "administrator")
HOURS = 24
SPARE = 6
"""How many there are of what a request can use up: a lot, a spot, an account."""

Words = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Account:
    """An account to sign in with."""

    email: str
    password: str


@dataclass(frozen=True)
class Cast:
    """The people by role, and the words that requests are made of besides what is made up.

    `people` stay signed in. `doubles` have the same roles, and may be signed out at any time. `logins` are devices of
    `people` that may be signed out.
    """

    people: Mapping[str, Account]
    doubles: Mapping[str, Account]
    words: Words
    logins: Words
    webhook_secret: str


@asynccontextmanager
async def engaged(platform: RunningPlatform) -> AsyncIterator[Cast]:
    """A new cast. It stays behind afterwards, as all people of tests do."""
    async with platform.client() as client:
        account = platform.accounts["admin"]
        city = City(client, platform.mail, platform.stripe)
        chief = await Administrator.signed_in(city, account.email, account.password)
        secret = platform.parts.stripe_simulator.keys.webhook_secret
        yield await _engage(chief, secret)


async def _engage(chief: Administrator, webhook_secret: str) -> Cast:
    pairs = await gather(
        gather(*(Driver.registered(chief.city) for _ in range(2))),
        gather(*(chief.take_on_an_operator() for _ in range(2))),
        gather(*(_administrator(chief) for _ in range(2))),
    )
    people: dict[str, list[Person]] = dict(zip(ROLES[1:], (list(pair) for pair in pairs), strict=True))
    (driver, _), (operator, _), _ = pairs
    words = await _words(operator, driver)
    logins = {role: await _other_logins(first) for role, (first, _) in people.items()}
    return Cast(
        people={role: Account(first.email, first.password) for role, (first, _) in people.items()},
        doubles={role: Account(second.email, second.password) for role, (_, second) in people.items()},
        words=words,
        logins=logins,
        webhook_secret=webhook_secret,
    )


async def _administrator(chief: Administrator) -> Person:
    person = await Person.registered(chief.city)
    user_id = await person.user_id()
    require(await chief.send("PUT", f"/users/{user_id}/roles/admin"), httpx.codes.NO_CONTENT)
    await person.sign_in()
    return person


async def _words(operator: Operator, driver: Driver) -> Words:
    """Ids of things that are there, and other words that mean something. Those that may go have names of their own."""
    lot, workshop = await gather(operator.open_lot(spots=HOURS), operator.open_lot(spots=SPARE))
    bookings, strangers = await gather(_bookings(driver, lot), _strangers(driver.city))
    noon = tomorrow_at(12)
    return {
        "lots": [lot.id],
        "workshops": [workshop.id],
        "spare_lots": await gather(*(_empty_lot(operator) for _ in range(SPARE))),
        "spots": list(lot.spots.values()),
        "spare_spots": list(workshop.spots.values()),
        "imports": [await _import_of_nothing(operator)],
        "organizations": [operator.organization_id],
        "starts": [(noon + timedelta(hours=hours)).isoformat() for hours in range(HOURS)],
        "ends": [(noon + timedelta(hours=hours)).isoformat() for hours in range(HOURS, 2 * HOURS)],
        "sightings": [(datetime.now(UTC) - timedelta(seconds=1)).isoformat()],
        "zones": ["Europe/Zurich", "Asia/Kathmandu"],
        "currencies": ["CHF"],
        "versions": ["*"],
        "signatures": ["t=0,v1=0"],
        "roles": ["guest", "user", "operator"],
        **bookings,
        **strangers,
    }


async def _empty_lot(operator: Operator) -> str:
    """A lot that nobody books, which may be retired."""
    place = {"latitude": -47.0, "longitude": -8.0}
    body = {"name": "Spare", "location": place, "address": "at sea", "time_zone": "Atlantic/Azores"}
    return require(await operator.post_when_known("/parking-lots", body), httpx.codes.CREATED).json()["id"]


async def _import_of_nothing(operator: Operator) -> str:
    answer = await operator.post("/parking-lots/import", {"type": "FeatureCollection", "features": []})
    return require(answer, httpx.codes.ACCEPTED).json()["import_id"]


async def _bookings(driver: Driver, lot: CarPark) -> Words:
    """One that was paid, one that drives in and out, one that waits to be paid, and some to be cancelled."""
    paid, driven, pending, *others = [
        require(await driver.reserve(lot), httpx.codes.CREATED).json() for _ in range(3 + SPARE)
    ]
    payment = await driver.begin_payment(paid["charge"]["token"])
    await driver.give_card(payment)
    await driver.pay(driven)
    for each in (paid, driven):
        await driver.wait_for_status(each["id"], "confirmed")
    return {
        "reservations": [paid["id"], pending["id"]],
        "paid_reservations": [paid["id"]],
        "spare_reservations": [each["id"] for each in others],
        "charges": [pending["charge"]["token"]],
        "tickets": [await driver.qr_text(driven["id"])],
        "payments": [payment["id"]],
        "notifications": await _notices(driver),
    }


async def _notices(driver: Driver) -> list[str]:
    async def listed() -> list[Json]:
        return (await driver.get("/notifications")).json()["items"]

    return [each["id"] for each in await wait_until(listed, "the driver to be notified of the booking") or []]


async def _strangers(city: City) -> Words:
    """Accounts that may be suspended and signed out, and their secrets."""
    strangers = await gather(*(Person.registered(city) for _ in range(SPARE)))
    return {
        "strangers": [await each.user_id() for each in strangers],
        "addresses": [each.email for each in strangers],
        "passwords": [PASSWORD],
        "refresh_tokens": [each.tokens["refresh_token"] for each in strangers],
        "grants": ["password", "refresh_token"],
        "mail_tokens": list(await gather(*(_mail_token(city) for _ in range(SPARE)))),
    }


async def _mail_token(city: City) -> str:
    """The token of a mail that somebody has not read yet."""
    person = Person(city, f"{uuid4().hex}@example.com")
    require(await person.register(), httpx.codes.CREATED)
    mail = await city.wait_for_mail(person.email, "confirm your e-mail")
    return TOKEN_IN_LINK.findall(mail["text"])[0]


async def _other_logins(person: Person) -> list[str]:
    """Devices that the person is signed in on besides the one that asks."""
    for _ in range(SPARE):
        await Person.signed_in(person.city, person.email, person.password)
    devices = require(await person.get("/auth/sessions"), httpx.codes.OK).json()["items"]
    return [each["id"] for each in devices if not each["current"]]
