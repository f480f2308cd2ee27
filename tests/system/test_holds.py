"""Holds that run out, and money that comes after them: it gets a spot, or all of it goes back."""

import re
import signal
from collections.abc import Awaitable, Callable, Iterator

import httpx
import pytest
import pytest_asyncio
from tests.system.backstage import Databases, Provider

from parking_demo.people import CarPark, City, Driver, Json, Operator
from parking_platform.testing.platform import RunningPlatform
from parking_platform.testing.waiting import wait_until

PRICE = 600
LateMoney = Callable[[Driver, CarPark], Awaitable[tuple[Json, Json]]]


@pytest_asyncio.fixture
async def late_money(databases: Databases, provider: Provider) -> LateMoney:
    """A driver pays for the first spot, and nobody learns of it until after the hold has run out.

    The provider takes the money, keeps its message back, and refuses every question about the intent: else payment
    would learn of the money as soon as it tries to withdraw the intent of the expired hold.
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


@pytest.fixture
def relay_stands_still(platform: RunningPlatform) -> Iterator[Callable[[], None]]:
    """Payment's worker is frozen, and goes on when asked to, or after the test."""
    platform.signal("payment-work", signal.SIGSTOP)

    def go_on() -> None:
        platform.signal("payment-work", signal.SIGCONT)

    yield go_on
    go_on()


async def expiry_waits(platform: RunningPlatform, why: str) -> float:
    """How often reservation's worker found that holds must wait."""
    async with httpx.AsyncClient(trust_env=False) as client:
        metrics = (await client.get(f"{platform.address('reservation_worker')}/metrics")).text
    (sample,) = re.findall(rf'^expiry_waits_total{{why="{why}"}} (\S+)$', metrics, re.MULTILINE)
    return float(sample)


async def test_a_paid_hold_waits_for_a_relay_that_stands_still(
    platform: RunningPlatform,
    driver: Driver,
    operator: Operator,
    databases: Databases,
    relay_stands_still: Callable[[], None],
) -> None:
    """Its money is captured, and Kafka has nothing of it: Kafka alone would say that everything was consumed."""
    lot = await operator.open_lot(spots=1)
    reservation = (await driver.reserve(lot)).json()
    payment = await driver.begin_payment(reservation["charge"]["token"])
    assert (await driver.give_card(payment))["status"] == "succeeded"
    captured = "SELECT 1 FROM outbox WHERE aggregateid = $1 AND type LIKE '%succeeded%' AND sent_at IS NULL"
    await wait_until(lambda: databases.rows("payment", captured, payment["id"]), "the money to be booked", seconds=60)
    before = await expiry_waits(platform, "unpublished")
    await databases.let_the_hold_run_out(reservation["id"])

    async def has_waited_thrice() -> bool:
        return await expiry_waits(platform, "unpublished") >= before + 3

    await wait_until(has_waited_thrice, "the expiry to wait", seconds=60)
    assert (await driver.reservation(reservation["id"]))["status"] == "pending"
    relay_stands_still()
    await driver.wait_for_status(reservation["id"], "confirmed")


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
