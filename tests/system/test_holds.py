"""Holds that run out, and money that comes after them: it gets a spot, or all of it goes back."""

from collections.abc import Awaitable, Callable

import pytest_asyncio
from tests.system.backstage import Databases, Provider

from parking_demo.people import CarPark, City, Driver, Json, Operator
from parking_platform.testing.waiting import wait_until

PRICE = 600
LateMoney = Callable[[Driver, CarPark], Awaitable[tuple[Json, Json]]]


@pytest_asyncio.fixture
async def late_money(databases: Databases, provider: Provider) -> LateMoney:
    """A driver pays for the first spot, and nobody hears of it until the hold has run out and after.

    The provider takes the money, keeps its message back, and refuses every question about the intent: else payment
    would hear of the money as soon as it tries to withdraw the intent of the expired hold.
    """

    async def pay(driver: Driver, lot: CarPark) -> tuple[Json, Json]:
        reservation = (await driver.reserve(lot, spot_id=lot.spots["1"])).json()
        payment = await driver.begin_payment(reservation["charge"]["token"])
        await provider.keep_quiet_about(payment)
        assert (await driver.give_card(payment))["status"] == "succeeded"
        await databases.let_the_hold_run_out(reservation["id"])
        return await driver.wait_for_status(reservation["id"], "expired"), payment

    return pay


async def test_an_unpaid_hold_runs_out(
    driver: Driver, operator: Operator, databases: Databases, provider: Provider
) -> None:
    lot = await operator.open_lot(spots=1)
    reservation = (await driver.reserve(lot)).json()
    payment = await driver.begin_payment(reservation["charge"]["token"])
    await databases.let_the_hold_run_out(reservation["id"])
    expired = await driver.wait_for_status(reservation["id"], "expired")
    assert expired["charge"] is None

    async def withdrawn() -> bool:
        return [each["status"] for each in await provider.intents_of(payment)] == ["canceled"]

    await wait_until(withdrawn, "the intent to be withdrawn", seconds=60)
    assert (await driver.give_card(payment))["error"]["code"] == "payment_intent_unexpected_state"
    assert await provider.money_of(payment) == ([], [])
    assert (await driver.reserve(lot)).status_code == 201, "the spot is free again"


async def test_late_money_gets_the_spot_that_is_still_free(
    city: City, driver: Driver, operator: Operator, databases: Databases, provider: Provider, late_money: LateMoney
) -> None:
    expired, payment = await late_money(driver, await operator.open_lot(spots=1))
    await provider.deliver()
    reinstated = await driver.wait_for_status(expired["id"], "confirmed")
    assert reinstated["spot_id"] == expired["spot_id"]
    await city.wait_for_mail(driver.email, "confirmed")
    assert await provider.money_of(payment) == ([PRICE], [])
    assert await databases.booked(payment["id"]) == {"provider_clearing": PRICE, "revenue": -PRICE}


async def test_late_money_gets_an_equal_spot(
    city: City, driver: Driver, operator: Operator, provider: Provider, late_money: LateMoney
) -> None:
    lot = await operator.open_lot(spots=2)
    expired, payment = await late_money(driver, lot)
    assert (await driver.reserve(lot, spot_id=lot.spots["1"])).status_code == 201, "somebody was faster"
    await provider.deliver()
    moved = await driver.wait_for_status(expired["id"], "confirmed")
    assert moved["spot_number"] == "2"
    assert "2" in (await city.wait_for_mail(driver.email, "confirmed"))["text"]
    assert await provider.money_of(payment) == ([PRICE], [])


async def test_late_money_goes_back_where_nothing_is_free(
    city: City, driver: Driver, operator: Operator, databases: Databases, provider: Provider, late_money: LateMoney
) -> None:
    lot = await operator.open_lot(spots=1)
    expired, payment = await late_money(driver, lot)
    assert (await driver.reserve(lot)).status_code == 201, "somebody was faster"
    await provider.deliver()
    mail = await city.wait_for_mail(driver.email, "money is on its way back")
    assert "6.00" in mail["text"]
    assert (await driver.reservation(expired["id"]))["status"] == "expired"
    assert (await driver.get(f"/payments/{payment['id']}")).json()["status"] == "refunded"
    assert await provider.money_of(payment) == ([PRICE], [PRICE])
    assert await databases.booked(payment["id"]) == {}
