"""What is promised when many want the same, when cards fail, and when someone tries a trick."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest
import pytest_asyncio
from httpx import Response
from tests.system.backstage import Databases, Provider

from parking_demo.people import CarPark, City, Driver, Json, Operator, soon

DRIVERS = 200
REGISTERING = 20
"""How many at a time."""
RIVALS = 5
"""How many have found the spot free before the first of them gets it; no more than the service lets try at once."""


@pytest_asyncio.fixture(scope="module")
async def drivers(city: City) -> Sequence[Driver]:
    """People who know nothing of each other."""
    places = asyncio.Semaphore(REGISTERING)

    async def one() -> Driver:
        async with places:
            return await Driver.registered(city)

    return await asyncio.gather(*(one() for _ in range(DRIVERS)))


async def test_two_hundred_drivers_want_one_spot(
    drivers: Sequence[Driver], operator: Operator, databases: Databases
) -> None:
    lot = await operator.open_lot(spots=1)
    async with databases.neck_and_neck(RIVALS):
        booked, refused = await all_ask_for_one_spot(drivers, lot)
    assert (len(booked), len(refused)) == (1, DRIVERS - 1)
    assert all(answer.json()["type"] == "/problems/spot-unavailable" for answer in refused)
    assert all(answer.json()["alternatives"] for answer in refused)


async def test_without_the_constraint_the_spot_is_sold_more_than_once(
    drivers: Sequence[Driver], operator: Operator, databases: Databases
) -> None:
    """The negative control: the promise rests on it, and the test above would notice its absence."""
    lot = await operator.open_lot(spots=1)
    async with databases.double_booking_allowed(), databases.neck_and_neck(RIVALS):
        booked, _ = await all_ask_for_one_spot(drivers, lot)
    assert len(booked) >= RIVALS


async def all_ask_for_one_spot(drivers: Sequence[Driver], lot: CarPark) -> tuple[list[Response], list[Response]]:
    """All at once, for the same hour: who got it, and who was refused."""
    answers = await asyncio.gather(*(driver.reserve(lot, hours=1, spot_id=lot.spots["1"]) for driver in drivers))
    booked, refused = [[answer for answer in answers if answer.status_code == status] for status in (201, 409)]
    assert len(booked) + len(refused) == DRIVERS, {answer.status_code for answer in answers}
    return booked, refused


async def test_one_key_is_one_booking_and_one_charge(driver: Driver, operator: Operator, provider: Provider) -> None:
    lot = await operator.open_lot(spots=3)
    booked = await fifty_at_once(lambda: driver.reserve(lot, key="the-same"))
    mine = (await driver.get("/reservations")).json()["items"]
    assert [each["id"] for each in mine] == [booked["id"]]

    paying = {"charge_token": booked["charge"]["token"]}
    payment = await fifty_at_once(lambda: driver.post("/payments", paying, headers={"Idempotency-Key": "the-same"}))
    confirmations = await asyncio.gather(*(driver.give_card(payment) for _ in range(5)))
    assert "succeeded" in {each.get("status") for each in confirmations}
    await driver.wait_for_status(booked["id"], "confirmed")
    assert await provider.money_of(payment) == ([600], [])
    assert len(await provider.intents_of(payment)) == 1
    assert [each["id"] for each in (await driver.get("/payments")).json()["items"]] == [payment["id"]]


async def fifty_at_once(send: Callable[[], Awaitable[Response]]) -> Json:
    """The same request with one key, and what it answers once nobody works on it any more: to all of them the same."""
    answers = await asyncio.gather(*(send() for _ in range(50)))
    again = await send()
    assert again.status_code == 201, again.text
    assert again.headers["idempotent-replayed"] == "true"
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert {answer.text for answer in answers if answer.status_code == 201} == {again.text}
    assert {answer.json()["type"] for answer in answers if answer.status_code == 409} <= {"/problems/request-in-flight"}
    return again.json()


async def test_a_declined_card_leaves_the_hold_and_another_card_confirms(driver: Driver, operator: Operator) -> None:
    lot = await operator.open_lot(spots=1)
    reservation = (await driver.reserve(lot)).json()
    declined = await driver.pay(reservation, "pm_card_chargeDeclined")
    assert declined["error"]["code"] == "card_declined"
    assert (await driver.reservation(reservation["id"]))["status"] == "pending"
    assert (await driver.pay(reservation))["status"] == "succeeded"
    await driver.wait_for_status(reservation["id"], "confirmed")


@pytest.mark.parametrize(("button", "status"), [("complete", "confirmed"), ("fail", "pending")])
async def test_3d_secure(driver: Driver, operator: Operator, button: str, status: str) -> None:
    lot = await operator.open_lot(spots=1)
    reservation = (await driver.reserve(lot)).json()
    intent = await driver.pay(reservation, "pm_card_threeDSecure2Required")
    assert intent["status"] == "requires_action"
    await driver.answer_bank(intent, button)
    await driver.wait_for_status(reservation["id"], status)


async def test_the_gate_says_why_a_car_may_not_pass(driver: Driver, operator: Operator) -> None:
    here, elsewhere = await operator.open_lot(spots=1), await operator.open_lot(spots=1)
    today, later = (
        (await driver.reserve(here, start=soon(), hours=1)).json(),
        (await driver.reserve(here)).json(),
    )
    for reservation in (today, later):
        await driver.pay(reservation)
        await driver.wait_for_status(reservation["id"], "confirmed")
    ticket, early = await driver.qr_text(today["id"]), await driver.qr_text(later["id"])

    async def reason(way: str, lot: object, token: str) -> str:
        return (await operator.gate(way, here if lot is here else elsewhere, token))["reason"]

    assert await reason("check-in", elsewhere, ticket) == "wrong_lot"
    assert await reason("check-in", here, early) == "too_early"
    assert await reason("check-in", here, f"{ticket[:-6]}AAAAAA") == "invalid_credential"
    assert await reason("check-in", here, today["charge"]["token"]) == "invalid_credential"
    assert await reason("check-out", here, early) == "not_in"
    assert await reason("check-out", here, ticket) == "exit_kept"
    assert await reason("check-in", here, ticket) == "ok"
    assert await reason("check-in", here, ticket) == "already_in"
    assert await reason("check-out", here, ticket) == "ok"
    assert await reason("check-out", here, ticket) == "already_out"


async def test_nobody_reads_what_is_not_theirs(driver: Driver, operator: Operator) -> None:
    lot = await operator.open_lot(spots=1)
    stranger = await Driver.registered(driver.city)
    reservation = (await driver.reserve(lot)).json()
    payment = await driver.begin_payment(reservation["charge"]["token"])
    for path in (
        f"/reservations/{reservation['id']}",
        f"/reservations/{reservation['id']}/qr",
        f"/payments/{payment['id']}",
    ):
        assert (await stranger.get(path)).status_code == 404, path
    assert (await stranger.post(f"/reservations/{reservation['id']}/cancel")).status_code == 404
    taken = await stranger.post(
        "/payments", {"charge_token": reservation["charge"]["token"]}, headers={"Idempotency-Key": "mine"}
    )
    assert taken.status_code == 404
    assert (await stranger.get("/analytics/revenue", params={"parking_lot_id": lot.id})).status_code in {403, 422}
    assert (await stranger.send("PATCH", f"/parking-lots/{lot.id}", json={"name": "Mine"})).status_code == 403
