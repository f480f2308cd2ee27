"""Money that the provider counts in other units, or tells of in other amounts: on the simulator, both ways."""

import asyncio
import json
import time
from argparse import Namespace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import stripe
from services.payment.tests.browser import Browser
from services.payment.tests.desk import Desk, payment_id
from services.payment.tests.integration.test_comparison import DAY, aged
from services.payment.tests.integration.test_refunds import amounts_due, follow, paid, send
from services.payment.tests.logged import logged
from services.payment.tests.people import Owed

from parking_kernel.currencies import CURRENCIES
from parking_platform.testing.waiting import wait_until
from payment_service.application.commands.close_parked import CloseParked
from payment_service.application.commands.reconcile_payments import ReconcilePayments
from payment_service.bootstrap import Payments
from payment_service.entrypoints.cli import list_parked
from payment_service.entrypoints.http.figures import Alarms, found


async def test_each_case_is_charged_in_the_providers_units(
    desk: Desk, browser: Browser, service: Payments, shared_cases: Path
) -> None:
    cases = [case for case in json.loads((shared_cases / "money.json").read_text())["cases"] if case["stripe"]]
    assert {case["currency"] for case in cases} == {"ISK", "UGX", "JPY", "HUF"}
    for case in cases:
        owed = Owed(amount=case["hourly"], tax=0, currency=case["currency"])
        payment = await paid(desk, browser, owed)
        assert (await desk.intents())[0]["amount"] == case["stripe"], case["is"]
        assert (await desk.show(owed, payment["id"]))["amount"] == {
            "amount": case["hourly"],
            "currency": case["currency"],
        }
        assert (await desk.refund(owed, payment["id"])).status_code == 201
        await send(service)
        await desk.wait_for_status(payment["id"], "refunded")
        assert (await desk.provider_refunds())[0]["amount"] == case["stripe"], case["is"]
    await aged(desk)
    assert await service.use_cases.compare_with_provider(DAY) == 0


async def test_shares_of_refunds_are_in_tens_where_three_decimals_are(
    desk: Desk, browser: Browser, service: Payments
) -> None:
    owed = Owed(amount=1250, tax=0, currency="KWD")
    payment = await paid(desk, browser, owed)
    refused = await desk.refund(owed, payment["id"], amount={"amount": 625, "currency": "KWD"})
    assert refused.status_code == 422
    [error] = refused.json()["errors"]
    assert error["pointer"] == "/amount/amount"
    assert "0.010 KWD" in error["detail"]
    assert (await desk.refund(owed, payment["id"], amount={"amount": 630, "currency": "KWD"})).status_code == 201
    # An order of the release before may have a fraction that cannot be given: it waits for nothing.
    await follow(service, amounts_due(owed, 315))
    await send(service)
    assert sorted(each["amount"] for each in await desk.provider_refunds()) == [310, 630]
    [order] = await desk.rows("SELECT refunded, exceeds_payment FROM refund_orders")
    assert (order["refunded"], order["exceeds_payment"]) == (310, 5)


async def test_a_smallest_charge_of_each_currency_is_taken(desk: Desk) -> None:
    """The least charge of the table, at the provider: of every currency that can be charged."""
    for currency in CURRENCIES.values():
        if currency.supported:
            owed = Owed(amount=currency.least, tax=0, currency=currency.code)
            assert (await desk.start(owed)).status_code == 201, currency.code


async def parked(service: Payments) -> list[float]:
    alarms = Alarms(service, lambda: True, found)
    await alarms()
    families = [family for figure in alarms.figures for family in figure.collect()]
    return [s.value for family in families if family.name == "provider_reports_parked" for s in family.samples]


@pytest.mark.parametrize("change", ["amount = amount + 1", "currency = 'EUR'"])
async def test_an_amount_or_currency_that_differs_is_parked_with_an_alarm_and_never_booked(
    desk: Desk, browser: Browser, service: Payments, caplog: pytest.LogCaptureFixture, change: str
) -> None:
    owed = Owed()
    payment = await desk.started(owed)
    await desk.run(f"UPDATE payments SET {change}")
    await browser.confirm(payment["client_secret"], "visa")
    await wait_until(lambda: _has_report(service), "the alarm")
    assert await desk.published(payment["id"]) == ["requested"]
    assert await desk.ledger() == {}
    [[said]] = logged(caplog, "the provider tells of another amount than the charge's", "said")
    assert said == "12.50 CHF"
    assert (await desk.start(owed)).status_code == 409, "nobody pays it twice"
    await desk.all_due()
    await service.use_cases.reconcile_payments(ReconcilePayments())
    assert await parked(service) == [1.0], "asking again changes nothing"

    await service.use_cases.close_parked(CloseParked(payment_id(payment)))
    assert await parked(service) == [0.0]
    assert await desk.published(payment["id"]) == ["requested", "cancelled"]
    assert (await desk.start(owed)).status_code == 201, "the charge can be paid again"
    assert await desk.ledger() == {}


async def test_the_command_lists_what_is_parked_and_closes_it(
    desk: Desk, browser: Browser, service: Payments, capsys: pytest.CaptureFixture[str]
) -> None:
    payment = await desk.started(Owed())
    await desk.run("UPDATE payments SET amount = 5, tax = 0")
    await browser.confirm(payment["client_secret"], "visa")
    await wait_until(lambda: _has_report(service), "the alarm")
    assert await list_parked(service, Namespace(close=None)) == 1
    assert f"{payment['id']}: pi_" in capsys.readouterr().out
    assert await list_parked(service, Namespace(close=payment_id(payment))) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "none"
    assert await list_parked(service, Namespace(close=uuid4())) == 1
    assert "There is no payment" in capsys.readouterr().err


async def _has_report(service: Payments) -> bool:
    return await parked(service) == [1.0]


async def test_what_agrees_is_booked_and_nothing_is_parked(desk: Desk, browser: Browser, service: Payments) -> None:
    await paid(desk, browser, Owed())
    assert await parked(service) == [0.0]
    assert (await desk.ledger())["provider_clearing"] == 1250


async def test_an_intent_of_another_amount_is_withdrawn_before_it_is_paid(desk: Desk, service: Payments) -> None:
    """As one that an older release made in other units."""
    owed = Owed(amount=500, tax=0, currency="ISK")
    await desk.started(owed)
    await desk.run("UPDATE payments SET amount = 5")
    await desk.all_due()
    await service.use_cases.reconcile_payments(ReconcilePayments())
    await desk.all_due()
    await service.use_cases.reconcile_payments(ReconcilePayments())
    assert [each["status"] for each in await desk.intents()] == ["canceled"]
    assert await parked(service) == [0.0]


async def test_metadata_that_was_edited_at_the_provider_ends_neither_webhook_nor_comparison(
    desk: Desk, browser: Browser, service: Payments
) -> None:
    """A refund of which nobody can read whose it is waits for people; the others are compared and booked."""
    provider = stripe.StripeClient(
        desk.simulator.secret_key,
        base_addresses={"api": desk.simulator.url},
        http_client=stripe.RequestsClient(timeout=30),
    )
    owed = Owed()
    payment = await paid(desk, browser, owed)
    await follow(service, amounts_due(owed, 500))
    await desk.knob("POST", "/knobs", {"webhook_drop_next": 100})
    await send(service)
    [refund] = await desk.provider_refunds()
    await desk.run("UPDATE refunds SET provider_id = NULL, status = 'requested'")
    edits: Any = {"metadata": {"attempt": "x"}}
    await asyncio.to_thread(provider.v1.refunds.update, refund["id"], edits)
    edits = {"metadata": {"payment_id": "somebody's"}}
    await asyncio.to_thread(provider.v1.payment_intents.update, (await desk.intents())[0]["id"], edits)
    await aged(desk)
    assert await service.use_cases.compare_with_provider(DAY) == 1, "the refund; the intent is known by its own id"
    await service.use_cases.reconcile_payments(ReconcilePayments())
    assert await parked(service) == [1.0]
    assert (await desk.published(payment["id"])).count("refunded") <= 1
    await service.use_cases.close_parked(CloseParked(payment_id(payment)))
    assert await parked(service) == [0.0]

    [edited] = await desk.provider_refunds()
    data = {"object": {**edited, "id": "re_other"}}
    event = {"id": "evt_1", "object": "event", "type": "refund.updated", "created": int(time.time()), "data": data}
    body, at = json.dumps(event), int(time.time())
    signed = stripe.WebhookSignature._compute_signature(f"{at}.{body}", desk.simulator.webhook_secret)
    header = {"Stripe-Signature": f"t={at},v1={signed}"}
    answer = await desk.client.post("/api/v1/webhooks/stripe", content=body, headers=header)
    assert answer.is_success, answer.text
    assert await parked(service) == [1.0]
