"""The payment provider's messages come often, in any order, late or never; and some are not the provider's."""

from collections import Counter

import pytest
import pytest_asyncio
from tests.system.backstage import Databases, Provider

from parking_demo.people import API, City, Driver, Json, Operator

PRICE = 600
CREATED, FAILED, SUCCEEDED = (f"payment_intent.{what}" for what in ("created", "payment_failed", "succeeded"))


@pytest_asyncio.fixture
async def reservation(driver: Driver, operator: Operator) -> Json:
    """A hold that waits for its money."""
    return (await driver.reserve(await operator.open_lot(spots=1))).json()


@pytest.mark.parametrize(
    ("knobs", "expected"),
    [
        pytest.param({"webhook_repeat": 4}, {CREATED: 5, FAILED: 5, SUCCEEDED: 5}, id="five times"),
        pytest.param({"webhook_reorder": 100}, [SUCCEEDED, FAILED, CREATED], id="reversed"),
        pytest.param({"webhook_drop_ratio": 1.0}, [], id="never"),
    ],
)
async def test_a_payment_counts_once_however_its_webhooks_come(
    driver: Driver,
    city: City,
    databases: Databases,
    provider: Provider,
    reservation: Json,
    knobs: Json,
    expected: list[str] | dict[str, int],
) -> None:
    await provider.turn(**knobs)
    payment = await driver.begin_payment(reservation["charge"]["token"])
    assert (await driver.give_card(payment, "pm_card_chargeDeclined"))["error"]["code"] == "card_declined"
    assert (await driver.give_card(payment))["status"] == "succeeded"
    await provider.deliver()
    await driver.wait_for_status(reservation["id"], "confirmed")
    delivered = await provider.delivered_about(payment)
    assert (Counter(delivered) if isinstance(expected, dict) else delivered) == expected
    await _counts_once(city, driver, reservation, payment, databases, provider)


async def test_the_message_that_matters_is_lost(
    driver: Driver, city: City, databases: Databases, provider: Provider, reservation: Json
) -> None:
    payment = await driver.begin_payment(reservation["charge"]["token"])
    await provider.turn(webhook_drop_next=2)  # that of the charge, and that of the intent
    await driver.give_card(payment)
    await driver.wait_for_status(reservation["id"], "confirmed")
    assert SUCCEEDED not in await provider.delivered_about(payment)
    await _counts_once(city, driver, reservation, payment, databases, provider)


async def test_the_message_comes_after_payment_has_asked(
    driver: Driver, city: City, databases: Databases, provider: Provider, reservation: Json
) -> None:
    await provider.turn(webhook_paused=True)
    payment = await driver.begin_payment(reservation["charge"]["token"])
    await driver.give_card(payment)
    await driver.wait_for_status(reservation["id"], "confirmed")
    assert await provider.is_silent_about(payment)
    await provider.deliver()
    assert await provider.delivered_about(payment) == [CREATED, SUCCEEDED]
    await _counts_once(city, driver, reservation, payment, databases, provider)


async def test_what_the_provider_did_not_sign_now_changes_nothing(
    driver: Driver, city: City, provider: Provider, reservation: Json
) -> None:
    payment = await driver.begin_payment(reservation["charge"]["token"])
    await provider.keep_quiet_about(payment)
    await driver.give_card(payment)
    event = (await provider.events_of(payment))[0]
    assert event["type"] == SUCCEEDED
    genuine = provider.signed(event)
    forgeries = {
        "another's secret": provider.signed(event, secret="whsec_guessed"),
        "an hour old": provider.signed(event, age=3600),
        "altered": {**provider.signed(event | {"id": "evt_other"}), "headers": genuine["headers"]},
        "unsigned": {"content": genuine["content"]},
    }
    for what, forged in forgeries.items():
        refused = await city.client.post(f"{API}/webhooks/stripe", **forged)
        assert (refused.status_code, refused.json()["type"]) == (400, "/problems/invalid-signature"), what
    assert (await driver.get(f"/payments/{payment['id']}")).json()["status"] == "requested"

    assert (await city.client.post(f"{API}/webhooks/stripe", **genuine)).status_code == 200
    await driver.wait_for_status(reservation["id"], "confirmed")


async def _counts_once(
    city: City, driver: Driver, reservation: Json, payment: Json, databases: Databases, provider: Provider
) -> None:
    """One charge, one booking, one confirmation, and the ledger says so; every message has been delivered."""
    assert await provider.money_of(payment) == ([PRICE], [])
    assert await databases.booked(payment["id"]) == {"provider_clearing": PRICE, "revenue": -PRICE}
    mine = (await driver.get("/reservations")).json()["items"]
    assert [(each["id"], each["version"]) for each in mine] == [(reservation["id"], 2)], "created, confirmed"
    await city.wait_for_mail(driver.email, "confirmed")
    assert ["confirmed" in mail["subject"].lower() for mail in await city.mails_to(driver.email)].count(True) == 1
