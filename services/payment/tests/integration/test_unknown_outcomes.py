"""Crashes and silence between what is recorded here and what is done there."""

import asyncio
from datetime import timedelta

import pytest
from services.payment.tests.browser import Browser
from services.payment.tests.desk import Desk
from services.payment.tests.integration.test_refunds import amounts_due, follow
from services.payment.tests.people import Owed

from parking_platform.testing.waiting import wait_until
from payment_service.application.commands.reconcile_payments import ReconcilePayments
from payment_service.application.queries.find_unsettled_payments import FindUnsettledPayments
from payment_service.bootstrap import Payments
from payment_service.domain.charges import ChargeStatus, ReservationStatus

INTENTS = "/v1/payment_intents"


async def reconcile(desk: Desk, service: Payments) -> None:
    await desk.all_due()
    await service.use_cases.reconcile_payments(ReconcilePayments())


@pytest.mark.parametrize("action", ["timeout", "reset", "error"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_the_same_request_again_finds_out(desk: Desk, action: str, when: str) -> None:
    owed = Owed()
    fault = {"action": action, "when": when, "method": "POST", "path": INTENTS, "times": 3, "hold_ms": 5000}
    await desk.knob("POST", "/faults", fault)
    first = await desk.start(owed, "one")
    assert (first.status_code, first.json()["type"]) == (503, "/problems/provider-unavailable")
    assert first.headers["retry-after"]
    await desk.knob("DELETE", "/faults")
    again = await desk.start(owed, "one")
    assert again.status_code == 201, again.text
    assert again.json()["client_secret"]
    assert len(await desk.intents()) == 1
    assert len(await desk.rows("SELECT id FROM payments")) == 1


@pytest.mark.parametrize("action", ["timeout", "reset", "error"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_the_worker_finds_out_when_nobody_asks(desk: Desk, service: Payments, action: str, when: str) -> None:
    fault = {"action": action, "when": when, "method": "POST", "path": INTENTS, "times": 3, "hold_ms": 5000}
    await desk.knob("POST", "/faults", fault)
    assert (await desk.start(Owed())).status_code == 503
    await desk.knob("DELETE", "/faults")
    await reconcile(desk, service)
    [intent] = await desk.intents()
    [payment] = await desk.rows("SELECT id, intent_id FROM payments")
    assert payment["intent_id"] == intent["id"]
    assert await desk.published(payment["id"]) == ["requested"]


async def test_one_broken_call_is_repeated_unseen(desk: Desk) -> None:
    await desk.knob("POST", "/faults", {"action": "reset", "when": "after", "path": INTENTS})
    assert (await desk.start(Owed())).status_code == 201
    assert len(await desk.intents()) == 1


async def test_a_crash_before_the_call_leaves_a_payment_that_can_be_paid(desk: Desk, service: Payments) -> None:
    """What a process that died between recording and calling leaves behind."""
    owed = Owed()
    await desk.knob("POST", "/faults", {"action": "reset", "when": "before", "path": INTENTS, "times": 3})
    assert (await desk.start(owed)).status_code == 503
    assert await desk.intents() == []
    assert (await desk.started(owed))["client_secret"]
    assert len(await desk.intents()) == 1


async def withdrawn(desk: Desk, service: Payments, payment_id: object) -> None:
    """The worker comes round until it is published: it passes by a payment that a message has locked."""

    async def is_published() -> bool:
        await service.use_cases.reconcile_payments(ReconcilePayments())
        return await desk.published(payment_id) == ["requested", "cancelled"]

    await wait_until(is_published, "the payment to be published as cancelled")


@pytest.mark.parametrize("status", [ReservationStatus.EXPIRED, ReservationStatus.CANCELLED])
async def test_an_intent_that_nobody_waits_for_is_withdrawn(
    desk: Desk, service: Payments, status: ReservationStatus
) -> None:
    owed = Owed()
    payment = await desk.started(owed)
    await follow(service, amounts_due(owed, 0, status=status, charge=ChargeStatus.OPEN))
    await withdrawn(desk, service, payment["id"])
    assert [intent["status"] for intent in await desk.intents()] == ["canceled"]
    again = await desk.start(owed)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/charge-not-payable")


@pytest.mark.parametrize(
    "only_one_says_so", ["UPDATE payments SET cancel_requested_at = NULL", "DELETE FROM reservation_dues"]
)
async def test_a_payment_that_is_being_cancelled_is_not_offered_again(
    desk: Desk, service: Payments, only_one_says_so: str
) -> None:
    owed = Owed()
    payment = await desk.started(owed)
    await follow(service, amounts_due(owed, 0, status=ReservationStatus.EXPIRED, charge=ChargeStatus.OPEN))
    await desk.run(only_one_says_so)
    again = await desk.start(owed)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/charge-not-payable")
    [kept] = await desk.rows("SELECT id, stage FROM payments")
    assert (str(kept["id"]), kept["stage"]) == (payment["id"], "requested"), "nothing was withdrawn yet"


async def test_a_captured_payment_is_answered_also_when_its_charge_is_paid(
    desk: Desk, browser: Browser, service: Payments
) -> None:
    owed = Owed()
    payment = await desk.started(owed)
    await browser.confirm(payment["client_secret"], "visa")
    await desk.wait_for_status(payment["id"], "succeeded")
    await follow(service, amounts_due(owed, 0, status=ReservationStatus.CONFIRMED, charge=ChargeStatus.PAID))
    again = await desk.started(owed)
    assert (again["id"], again["status"]) == (payment["id"], "succeeded")


async def test_a_void_charge_s_intent_is_withdrawn_and_others_stay(desk: Desk, service: Payments) -> None:
    owed = Owed()
    kept = await desk.started(owed)
    other = Owed(owed.user_id, reservation_id=owed.reservation_id, organization_id=owed.organization_id)
    void = await desk.started(other)
    await follow(service, amounts_due(other, 0, status=ReservationStatus.PENDING, charge=ChargeStatus.VOID))
    await withdrawn(desk, service, void["id"])
    assert await desk.published(kept["id"]) == ["requested"], "a charge that is not known yet is on its way"


async def test_where_the_money_is_faster_than_the_withdrawal_it_counts(
    desk: Desk, browser: Browser, service: Payments
) -> None:
    await desk.knob("POST", "/knobs", {"webhook_drop_next": 100})
    owed = Owed()
    payment = await desk.started(owed)
    await browser.confirm(payment["client_secret"], "visa")
    await follow(service, amounts_due(owed, 0, status=ReservationStatus.EXPIRED, charge=ChargeStatus.OPEN))
    await service.use_cases.reconcile_payments(ReconcilePayments())
    assert await desk.published(payment["id"]) == ["requested", "succeeded"]


async def test_withdrawal_and_payment_at_once_end_in_one_of_two_ways(
    desk: Desk, browser: Browser, service: Payments
) -> None:
    for _ in range(5):
        owed = Owed()
        payment = await desk.started(owed)
        await follow(service, amounts_due(owed, 0, status=ReservationStatus.EXPIRED, charge=ChargeStatus.OPEN))
        await asyncio.gather(
            browser.confirm(payment["client_secret"], "visa"),
            service.use_cases.reconcile_payments(ReconcilePayments()),
        )
        await reconcile(desk, service)
        await desk.wait_for_status(payment["id"], "succeeded", "cancelled")
        assert len(await desk.published(payment["id"])) == 2


async def test_captured_money_that_pays_for_nothing_is_noticed(desk: Desk, browser: Browser, service: Payments) -> None:
    owed = Owed()
    payment = await desk.started(owed)
    await browser.confirm(payment["client_secret"], "visa")
    await desk.wait_for_status(payment["id"], "succeeded")
    unsettled = service.use_cases.find_unsettled_payments
    assert await unsettled(FindUnsettledPayments(timedelta(minutes=10))) == [], "patience"
    [found] = await unsettled(FindUnsettledPayments(timedelta(0)))
    assert str(found.payment_id) == payment["id"]
    await follow(service, amounts_due(owed, 0, status=ReservationStatus.CONFIRMED, charge=ChargeStatus.PAID))
    assert await unsettled(FindUnsettledPayments(timedelta(0))) == []
