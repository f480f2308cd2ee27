"""A driver pays: through the real application, on a real database, at the running simulator."""

import asyncio
from uuid import uuid4

import pytest
from services.payment.tests.browser import Browser
from services.payment.tests.desk import Desk
from services.payment.tests.people import Owed


async def test_a_card_pays_a_charge(desk: Desk, browser: Browser) -> None:
    owed = Owed()
    payment = await desk.started(owed)
    assert payment["status"] == "requested"
    assert payment["amount"] == {"amount": 1250, "currency": "CHF"}
    assert payment["publishable_key"] == browser.publishable_key
    assert payment["provider"] == "stripe"
    await browser.confirm(payment["client_secret"], "visa")
    await desk.wait_for_status(payment["id"], "succeeded")
    assert await desk.published(payment["id"]) == ["requested", "succeeded"]
    assert await desk.ledger() == {"provider_clearing": 1250, "revenue": -1161, "tax_payable": -89}
    shown = await desk.show(owed, payment["id"])
    assert shown["status"] == "succeeded"
    assert "client_secret" not in shown


async def test_after_a_decline_another_card_pays(desk: Desk, browser: Browser) -> None:
    owed = Owed()
    payment = await desk.started(owed)
    await browser.confirm(payment["client_secret"], "chargeDeclinedInsufficientFunds")
    await desk.wait_for_status(payment["id"], "failed")
    assert (await desk.show(owed, payment["id"]))["failure_code"] == "insufficient_funds"
    again = await desk.started(owed)
    assert again["id"] == payment["id"], "the same payment goes on"
    await browser.confirm(again["client_secret"], "mastercard")
    await desk.wait_for_status(payment["id"], "succeeded")
    assert await desk.published(payment["id"]) == ["requested", "failed", "succeeded"]
    assert (await desk.show(owed, payment["id"]))["failure_code"] is None


async def test_two_declines_are_published_as_two(desk: Desk, browser: Browser) -> None:
    payment = await desk.started(Owed())
    for _ in range(2):
        published = len(await desk.published(payment["id"]))
        await browser.confirm(payment["client_secret"], "chargeDeclined")
        await desk.wait_for_events(payment["id"], published + 1)
    assert await desk.published(payment["id"]) == ["requested", "failed", "failed"]


@pytest.mark.parametrize(("button", "outcome"), [("complete", "succeeded"), ("fail", "failed")])
async def test_3d_secure(desk: Desk, browser: Browser, button: str, outcome: str) -> None:
    payment = await desk.started(Owed())
    confirmed = await browser.confirm(payment["client_secret"], "threeDSecure2Required")
    await desk.wait_for_status(payment["id"], "action_required")
    await browser.authenticate(confirmed.json(), button)
    await desk.wait_for_status(payment["id"], outcome)
    assert await desk.published(payment["id"]) == ["requested", "action_required", outcome]


async def test_twenty_at_once_make_one_intent(desk: Desk) -> None:
    owed = Owed()
    answers = await asyncio.gather(*(desk.start(owed) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len({answer.json()["client_secret"] for answer in answers}) == 1
    assert len(await desk.intents()) == 1


async def test_a_paid_charge_is_not_paid_twice(desk: Desk, browser: Browser) -> None:
    owed = Owed()
    payment = await desk.started(owed)
    await browser.confirm(payment["client_secret"], "visa")
    await desk.wait_for_status(payment["id"], "succeeded")
    again = await desk.started(owed)
    assert (again["id"], again["status"]) == (payment["id"], "succeeded")
    assert len(await desk.intents()) == 1


async def test_one_key_is_one_answer(desk: Desk) -> None:
    owed = Owed()
    token = desk.people.charge_token(owed)
    headers = {**desk.people.signed_in(owed.user_id), "Idempotency-Key": "one"}

    async def ask(**more: object) -> tuple[int, bytes, str | None]:
        body = {"charge_token": token, **more}
        answer = await desk.client.post("/api/v1/payments", json=body, headers=headers)
        return answer.status_code, answer.content, answer.headers.get("idempotent-replayed")

    at_once = await asyncio.gather(*(ask() for _ in range(20)))
    assert {status for status, _, _ in at_once} <= {201, 409}
    bodies = {body for status, body, _ in at_once if status == 201}
    again = await ask()
    assert bodies == {again[1]}
    assert again[2] == "true"
    status, body, _ = await ask(save_method=True)
    assert (status, b"idempotency-key-reused" in body) == (422, True)
    assert len(await desk.intents()) == 1


async def test_saving_the_card_is_asked_of_the_provider(desk: Desk) -> None:
    await desk.start(Owed(), save_method=True)
    assert [intent["setup_future_usage"] for intent in await desk.intents()] == ["off_session"]


async def test_another_ones_charge_is_not_found(desk: Desk) -> None:
    answer = await desk.client.post(
        "/api/v1/payments",
        json={"charge_token": desk.people.charge_token(Owed())},
        headers={**desk.people.signed_in(), "Idempotency-Key": "mine"},
    )
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")


async def test_an_expired_charge_is_refused_and_an_answer_outlives_it(desk: Desk) -> None:
    owed = Owed()
    headers = {**desk.people.signed_in(owed.user_id), "Idempotency-Key": str(uuid4())}
    late = await desk.client.post(
        "/api/v1/payments", json={"charge_token": desk.people.charge_token(owed, exp=1)}, headers=headers
    )
    assert (late.status_code, late.json()["type"]) == (409, "/problems/charge-expired")
    body = {"charge_token": desk.people.charge_token(owed)}
    first = await desk.client.post("/api/v1/payments", json=body, headers=headers)
    assert first.status_code == 201, "a refusal leaves the key free"


async def test_what_the_provider_never_takes_is_refused(desk: Desk) -> None:
    owed = Owed(amount=1, tax=0)
    answer = await desk.start(owed)
    assert (answer.status_code, answer.json()["type"]) == (402, "/problems/payment-refused")
    [payment] = await desk.rows("SELECT id, stage, is_live FROM payments")
    assert (payment["stage"], payment["is_live"]) == ("cancelled", False)
    assert await desk.published(payment["id"]) == ["cancelled"]
