"""Money goes back: by an operator, by reservation's word, by hand at the provider, and in spite of failures."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
import stripe
from services.payment.tests.browser import Browser
from services.payment.tests.desk import Desk
from services.payment.tests.fakes.stripe.gateway import FakeGateway
from services.payment.tests.people import DRIVER, Owed

from parking_kernel.money import Money
from payment_service.application.commands.reconcile_payments import ReconcilePayments
from payment_service.application.commands.send_refunds import SendRefunds
from payment_service.application.event_handlers.follow_reservations import (
    FollowReservations,
    FollowReservationsHandler,
)
from payment_service.application.ports import ProviderRefused, RefundRequest
from payment_service.bootstrap import Payments
from payment_service.domain.charges import AmountsDue, ChargeStatus, OwedCharge, ReservationStatus
from payment_service.domain.provider import ProviderRefund


async def paid(desk: Desk, browser: Browser, owed: Owed, card: str = "visa") -> dict[str, Any]:
    payment = await desk.started(owed)
    await browser.confirm(payment["client_secret"], card)
    await desk.wait_for_status(payment["id"], "succeeded", "disputed")
    return payment


def amounts_due(
    owed: Owed,
    refund_due: int,
    *,
    version: int = 1,
    status: ReservationStatus = ReservationStatus.CANCELLED,
    charge: ChargeStatus = ChargeStatus.PAID,
) -> AmountsDue:
    """What an event of the reservation says."""
    charges = (OwedCharge(owed.charge_id, charge),)
    return AmountsDue(owed.reservation_id, status, charges, Money(refund_due, owed.currency), version)


async def follow(service: Payments, *reservations: AmountsDue) -> None:
    """What the consumer does with the events that wait."""
    async with service.engine.begin() as connection, service.work_on(connection) as work:
        await FollowReservationsHandler(service.clock)(work, FollowReservations(reservations))


async def send(service: Payments) -> int:
    return await service.use_cases.send_refunds(SendRefunds())


async def test_an_operator_gives_back_a_part_then_the_rest(desk: Desk, browser: Browser, service: Payments) -> None:
    owed = Owed()
    payment = await paid(desk, browser, owed)
    part = await desk.refund(owed, payment["id"], amount={"amount": 500, "currency": "CHF"})
    assert part.status_code == 201, part.text
    assert (part.json()["amount"]["amount"], part.json()["status"]) == (500, "requested")
    await send(service)
    await desk.wait_for_status(payment["id"], "partially_refunded")
    rest = await desk.refund(owed, payment["id"])
    assert rest.json()["amount"]["amount"] == 750
    await send(service)
    await desk.wait_for_status(payment["id"], "refunded")
    refunds = ["refund_requested", "refunded"]
    assert await desk.published(payment["id"]) == ["requested", "succeeded", *refunds, *refunds]
    assert await desk.ledger() == {}, "to the last unit, taxes included"
    assert (await desk.show(owed, payment["id"]))["amount_refunded"]["amount"] == 1250


async def test_more_than_is_left_is_refused(desk: Desk, browser: Browser, service: Payments) -> None:
    owed = Owed()
    payment = await paid(desk, browser, owed)
    await desk.refund(owed, payment["id"], amount={"amount": 1000, "currency": "CHF"})
    answer = await desk.refund(owed, payment["id"], amount={"amount": 251, "currency": "CHF"})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/refund-exceeds-payment")
    assert answer.json()["refundable"] == 250
    wrong = await desk.refund(owed, payment["id"], amount={"amount": 100, "currency": "EUR"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/amount/currency")


async def test_one_key_is_one_refund(desk: Desk, browser: Browser, service: Payments) -> None:
    owed = Owed()
    payment = await paid(desk, browser, owed)
    amount = {"amount": 100, "currency": "CHF"}
    answers = await asyncio.gather(*(desk.refund(owed, payment["id"], "one", amount=amount) for _ in range(10)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    again = await desk.refund(owed, payment["id"], "one", amount=amount)
    assert again.headers["idempotent-replayed"] == "true"
    await send(service)
    assert [refund["amount"] for refund in await desk.provider_refunds()] == [100]


async def test_only_its_operators_and_admins_may_refund(desk: Desk, browser: Browser) -> None:
    owed = Owed()
    payment = await paid(desk, browser, owed)
    path, body = f"/api/v1/payments/{payment['id']}/refunds", {"reason": "goodwill"}
    asked = {
        "driver": (desk.people.signed_in(owed.user_id), 403),
        "other operator": (desk.people.operator_of(uuid4()), 404),
        "machine": (desk.people.signed_in(scope="read:reservation", organizations=(owed.organization_id,)), 403),
        "driver of it": (desk.people.signed_in(scope=DRIVER, organizations=(owed.organization_id,)), 403),
        "admin": (desk.people.signed_in(scope="*"), 201),
    }
    for who, (headers, expected) in asked.items():
        answer = await desk.client.post(path, json=body, headers={**headers, "Idempotency-Key": who})
        assert answer.status_code == expected, (who, answer.text)


async def test_what_reservation_wants_back_goes_back_once(desk: Desk, browser: Browser, service: Payments) -> None:
    owed = Owed()
    payment = await paid(desk, browser, owed)
    await follow(service, amounts_due(owed, 625, version=4))
    await follow(service, amounts_due(owed, 625, version=4))
    await follow(service, amounts_due(owed, 0, version=3))
    await send(service)
    await send(service)
    assert [refund["amount"] for refund in await desk.provider_refunds()] == [625]
    await follow(service, amounts_due(owed, 1250, version=5))
    await send(service)
    await desk.wait_for_status(payment["id"], "refunded")
    assert [refund["amount"] for refund in await desk.provider_refunds()] == [625, 625]
    assert await desk.ledger() == {}


async def test_reservations_that_are_followed_together_each_get_what_is_theirs(
    desk: Desk, browser: Browser, service: Payments
) -> None:
    partly, kept, given_up, unpaid = Owed(), Owed(), Owed(), Owed()
    for owed in (partly, kept):
        await paid(desk, browser, owed)
    waiting = await desk.started(given_up)
    await follow(service, amounts_due(kept, 0, version=5))

    await follow(
        service,
        amounts_due(partly, 625, version=4),
        amounts_due(partly, 1250, version=3),
        amounts_due(kept, 1250, version=4),
        amounts_due(given_up, 0, version=2, status=ReservationStatus.EXPIRED, charge=ChargeStatus.VOID),
        amounts_due(unpaid, 0, version=2),
    )

    await send(service)
    assert [refund["amount"] for refund in await desk.provider_refunds()] == [625]
    assert await desk.rows("SELECT id FROM payments WHERE cancel_requested_at IS NOT NULL") == [
        {"id": UUID(waiting["id"])}
    ]
    versions = {
        each["reservation_id"]: each["version"]
        for each in await desk.rows("SELECT reservation_id, version FROM reservation_dues")
    }
    expected = {partly: 4, kept: 5, given_up: 2, unpaid: 2}
    assert versions == {owed.reservation_id: version for owed, version in expected.items()}


@pytest.mark.parametrize("action", ["timeout", "reset", "error"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_refund_without_an_answer_is_made_once(
    desk: Desk, browser: Browser, service: Payments, action: str, when: str
) -> None:
    owed = Owed()
    payment = await paid(desk, browser, owed)
    await follow(service, amounts_due(owed, 1250))
    fault = {"action": action, "when": when, "method": "POST", "path": "/v1/refunds", "times": 3, "hold_ms": 5000}
    await desk.knob("POST", "/faults", fault)
    await send(service)
    await desk.knob("DELETE", "/faults")
    assert await send(service) == 0, "not before its time"
    await desk.all_due()
    await send(service)
    await desk.wait_for_status(payment["id"], "refunded")
    assert [refund["amount"] for refund in await desk.provider_refunds()] == [1250]
    assert await desk.ledger() == {}


class BrokenGateway(FakeGateway):
    """One whose answers cannot be read."""

    async def create_refund(self, request: RefundRequest) -> ProviderRefund:
        raise ValueError(f"no answer for {request.amount.amount}")


async def test_of_refunds_that_fail_together_all_are_raised(desk: Desk, browser: Browser, service: Payments) -> None:
    for amount in (1250, 1251):
        owed = Owed(amount=amount)
        await paid(desk, browser, owed)
        await follow(service, amounts_due(owed, amount))
    with pytest.raises(ExceptionGroup) as raised:
        await replace(service.use_cases.send_refunds, gateway=BrokenGateway())(SendRefunds())
    assert sorted(map(str, raised.value.exceptions)) == ["no answer for 1250", "no answer for 1251"]


async def test_of_payments_that_fail_together_all_are_raised(desk: Desk, service: Payments) -> None:
    for _ in range(2):
        await desk.started(Owed())
    await desk.all_due()
    knows_no_intent = FakeGateway()
    with pytest.raises(ExceptionGroup) as raised:
        await replace(service.use_cases.reconcile_payments, gateway=knows_no_intent)(ReconcilePayments())
    assert [type(each) for each in raised.value.exceptions] == [ProviderRefused, ProviderRefused]


async def test_a_refund_that_fails_later_is_tried_again(desk: Desk, browser: Browser, service: Payments) -> None:
    owed = Owed()
    payment = await paid(desk, browser, owed, "refundFail")
    await follow(service, amounts_due(owed, 1250))
    await send(service)
    await desk.wait_for_status(payment["id"], "refunded")
    await desk.knob("POST", "/advance", {"seconds": 3600})
    await desk.wait_for_events(payment["id"], 5)
    refunds = ["refund_requested", "refunded", "refund_failed"]
    assert await desk.published(payment["id"]) == ["requested", "succeeded", *refunds]
    assert await desk.ledger() == {"provider_clearing": 1250, "unpaid_refunds": -1250}, "it is still owed"
    await desk.all_due()
    await send(service)
    await desk.wait_for_status(payment["id"], "refunded")
    assert await desk.ledger() == {}
    assert [refund["status"] for refund in await desk.provider_refunds()] == ["succeeded", "failed"]


async def test_a_pending_refund_whose_message_is_lost_arrives(desk: Desk, browser: Browser, service: Payments) -> None:
    owed = Owed()
    payment = await paid(desk, browser, owed, "pendingRefund")
    await desk.knob("POST", "/knobs", {"webhook_drop_next": 100})
    await follow(service, amounts_due(owed, 1250))
    await send(service)
    assert (await desk.published(payment["id"]))[-1] == "refund_requested"
    await desk.knob("POST", "/advance", {"seconds": 3600})
    await desk.all_due()
    await service.use_cases.reconcile_payments(ReconcilePayments())
    assert (await desk.published(payment["id"]))[-1] == "refunded"


async def test_a_refund_made_by_hand_counts(desk: Desk, browser: Browser, service: Payments) -> None:
    owed = Owed()
    payment = await paid(desk, browser, owed)
    client = stripe.StripeClient(
        desk.simulator.secret_key,
        base_addresses={"api": desk.simulator.url},
        http_client=stripe.RequestsClient(timeout=30),
    )
    intent_id = payment["client_secret"].partition("_secret_")[0]
    await asyncio.to_thread(client.v1.refunds.create, {"payment_intent": intent_id})
    await desk.wait_for_status(payment["id"], "refunded")
    await follow(service, amounts_due(owed, 1250))
    assert await send(service) == 0, "it went back already"
    assert await desk.ledger() == {}


async def test_a_dispute_takes_the_money_and_may_give_it_back(desk: Desk, browser: Browser, service: Payments) -> None:
    owed = Owed()
    payment = await paid(desk, browser, owed, "createDispute")
    await desk.wait_for_status(payment["id"], "disputed")
    assert await desk.ledger() == {}
    refused = await desk.refund(owed, payment["id"])
    assert refused.json()["type"] == "/problems/refund-exceeds-payment"
    [dispute] = await desk.rows("SELECT dispute_id FROM payments")
    await desk.knob("POST", f"/disputes/{dispute['dispute_id']}/close", {"outcome": "won"})
    await desk.wait_for_status(payment["id"], "succeeded")
    last = (await desk.events(payment["id"]))[-1]
    assert (last["type"], last["reason"]) == ("dispute_closed", "won")
    assert await desk.ledger() == {"provider_clearing": 1250, "revenue": -1161, "tax_payable": -89}


async def test_what_a_lost_dispute_took_is_not_refunded_too(desk: Desk, browser: Browser, service: Payments) -> None:
    owed = Owed()
    payment = await paid(desk, browser, owed, "createDispute")
    await desk.wait_for_status(payment["id"], "disputed")
    [dispute] = await desk.rows("SELECT dispute_id FROM payments")
    await desk.knob("POST", f"/disputes/{dispute['dispute_id']}/close", {"outcome": "lost"})
    await desk.wait_for_events(payment["id"], 4)
    await follow(service, amounts_due(owed, 1250))
    assert await send(service) == 0
    assert await desk.ledger() == {}
