"""A lot with each price of the cases; an hour is booked and paid, and the intent is read at the provider."""

import json
from pathlib import Path

import pytest
from tests.system.backstage import Databases, Provider

from parking_demo.people import Driver, Operator, UnexpectedAnswer


async def test_what_is_booked_is_charged_in_the_providers_units_and_what_cannot_be_never_comes_into_being(
    driver: Driver, operator: Operator, provider: Provider, databases: Databases, shared_cases: Path
) -> None:
    cases = json.loads((shared_cases / "money.json").read_text())["cases"]
    assert {case["currency"] for case in cases} == {"ISK", "UGX", "JPY", "HUF", "KWD", "EUR"}
    for case in cases:
        price, currency = case["hourly"], case["currency"]
        if case["stripe"] is None:
            with pytest.raises(UnexpectedAnswer, match=r"answered 422.*/hourly_rate"):
                await operator.open_lot(spots=1, hourly=price, currency=currency)
            continue
        lot = await operator.open_lot(spots=1, hourly=price, currency=currency)
        reservation = (await driver.reserve(lot, hours=1)).json()
        assert reservation["charge"]["amount"] == {"amount": price, "currency": currency}
        payment = await driver.begin_payment(reservation["charge"]["token"])
        (intent,) = await provider.intents_of(payment)
        assert (intent["amount"], intent["currency"]) == (case["stripe"], currency.lower()), case["is"]
        assert (await driver.give_card(payment))["status"] == "succeeded"
        await driver.wait_for_status(reservation["id"], "confirmed")
        assert await databases.booked(payment["id"]) == {"provider_clearing": price, "revenue": -price}
