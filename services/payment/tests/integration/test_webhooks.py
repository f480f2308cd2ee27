"""The provider's messages: repeated, reversed, late, lost, forged."""

import asyncio
import json
import time
from collections.abc import Iterator

import pytest
import stripe
from opentelemetry.test.globals_test import reset_trace_globals
from services.payment.tests.browser import Browser
from services.payment.tests.desk import Desk
from services.payment.tests.people import Owed

from parking_chassis.telemetry import configure_tracing
from parking_platform.testing.waiting import wait_until
from payment_service.application.commands.reconcile_payments import ReconcilePayments
from payment_service.bootstrap import Payments

TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def traced() -> Iterator[None]:
    reset_trace_globals()
    provider = configure_tracing("payment", endpoint=None, sample_ratio=1)
    yield
    provider.shutdown()
    reset_trace_globals()


async def test_a_message_that_comes_five_times_has_one_effect(desk: Desk, browser: Browser) -> None:
    await desk.knob("POST", "/knobs", {"webhook_repeat": 4})
    payment = await desk.started(Owed())
    await browser.confirm(payment["client_secret"], "visa")
    await wait_until(lambda: _all_delivered(desk, 15), "every message")
    assert await desk.published(payment["id"]) == ["requested", "succeeded"]
    assert await desk.ledger() == {"provider_clearing": 1250, "revenue": -1161, "tax_payable": -89}


async def test_reversed_messages_end_the_same(desk: Desk, browser: Browser, service: Payments) -> None:
    await desk.knob("POST", "/knobs", {"webhook_reorder": 100})
    owed = Owed()
    payment = await desk.started(owed)
    await browser.confirm(payment["client_secret"], "chargeDeclined")
    confirmed = await browser.confirm(payment["client_secret"], "threeDSecure2Required")
    await browser.authenticate(confirmed.json(), "complete")
    await desk.refund(owed, payment["id"])  # refused: no message of the money came yet
    assert await desk.published(payment["id"]) == ["requested"]
    await desk.knob("POST", "/webhooks/release")
    await wait_until(lambda: _all_delivered(desk, 6), "every message")
    published = await desk.published(payment["id"])
    assert published == ["requested", "succeeded"], "what came before the end is not published after it"
    await desk.all_due()
    await service.use_cases.reconcile_payments(ReconcilePayments())
    assert await desk.published(payment["id"]) == published


async def test_lost_messages_are_healed_by_asking(desk: Desk, browser: Browser, service: Payments) -> None:
    await desk.knob("POST", "/knobs", {"webhook_drop_next": 100})
    payment = await desk.started(Owed())
    await browser.confirm(payment["client_secret"], "visa")
    assert await service.use_cases.reconcile_payments(ReconcilePayments()) == 0, "not before its time"
    assert await desk.published(payment["id"]) == ["requested"]
    await desk.all_due()
    await service.use_cases.reconcile_payments(ReconcilePayments())
    assert await desk.published(payment["id"]) == ["requested", "succeeded"]
    await desk.all_due()
    assert await service.use_cases.reconcile_payments(ReconcilePayments()) == 0, "it is settled"


async def test_a_message_faster_than_the_answer_counts(desk: Desk, browser: Browser, service: Payments) -> None:
    """The intent's answer is lost, its message is not."""
    owed = Owed()
    for _ in range(3):
        await desk.knob("POST", "/faults", {"action": "reset", "when": "after", "path": "/v1/payment_intents"})
    refused = await desk.start(owed)
    assert refused.status_code == 503
    [row] = await desk.rows("SELECT id FROM payments")
    await desk.wait_for_events(row["id"], 1)
    payment = await desk.started(owed)
    await browser.confirm(payment["client_secret"], "visa")
    await desk.wait_for_status(payment["id"], "succeeded")
    assert len(await desk.intents()) == 1


@pytest.mark.usefixtures("traced")
async def test_what_a_message_changes_is_published_in_the_trace_of_the_payment(desk: Desk, browser: Browser) -> None:
    desk.client.headers["traceparent"] = f"00-{TRACE}-b7ad6b7169203331-01"
    payment = await desk.started(Owed())
    await browser.confirm(payment["client_secret"], "visa")
    await desk.wait_for_status(payment["id"], "succeeded")
    rows = await desk.rows("SELECT type, headers FROM outbox")
    assert {row["type"] for row in rows} >= {"parking.payment.succeeded.v1", "parking.ledger.posted.v1"}
    assert {row["headers"]["traceparent"].split("-")[1] for row in rows} == {TRACE}


@pytest.mark.parametrize("wrong", ["altered", "other secret", "old", "none"])
async def test_what_is_not_signed_is_refused(desk: Desk, browser: Browser, wrong: str) -> None:
    body = json.dumps({"id": "evt_1", "object": "event", "type": "x", "created": 1, "data": {"object": {}}})
    secret = "whsec_other" if wrong == "other secret" else desk.simulator.webhook_secret
    at = int(time.time()) - (3600 if wrong == "old" else 0)
    signed = stripe.WebhookSignature._compute_signature(f"{at}.{body}", secret)
    header = {} if wrong == "none" else {"Stripe-Signature": f"t={at},v1={signed}"}
    sent = body.replace("evt_1", "evt_2") if wrong == "altered" else body
    answer = await desk.client.post("/api/v1/webhooks/stripe", content=sent, headers=header)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-signature")
    assert await desk.rows("SELECT * FROM webhook_events") == []


async def test_what_is_signed_and_no_event_is_refused_by_field(desk: Desk) -> None:
    body, at = json.dumps({"id": "evt_1", "type": "x", "created": 10**18, "data": {"object": {}}}), int(time.time())
    signed = stripe.WebhookSignature._compute_signature(f"{at}.{body}", desk.simulator.webhook_secret)
    header = {"Stripe-Signature": f"t={at},v1={signed}"}
    answer = await desk.client.post("/api/v1/webhooks/stripe", content=body, headers=header)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request")
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/created"]


async def test_messages_about_others_things_are_taken_and_change_nothing(desk: Desk) -> None:
    """Another system that shares the account."""
    client = stripe.StripeClient(
        desk.simulator.secret_key,
        base_addresses={"api": desk.simulator.url},
        http_client=stripe.RequestsClient(timeout=30),
    )
    await asyncio.to_thread(client.v1.payment_intents.create, {"amount": 900, "currency": "chf"})
    await asyncio.to_thread(client.v1.customers.create, {"email": "driver@parking.example"})
    await wait_until(lambda: _all_delivered(desk, 2), "every message")
    assert await desk.rows("SELECT * FROM payments") == []


async def _all_delivered(desk: Desk, count: int) -> bool:
    deliveries = await desk.knob("GET", "/deliveries")
    return len(deliveries) == count and {each["state"] for each in deliveries} == {"delivered"}
