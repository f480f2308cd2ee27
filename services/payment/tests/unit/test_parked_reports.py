"""Amount and currency that the provider tells are compared with the charge; a difference is parked, never booked."""

from dataclasses import replace

import pytest
from services.payment.tests.unit.payments import (
    INTENT,
    NOW,
    by_hand,
    captured,
    dispute,
    intent,
    provider_refund,
    published,
    refund_by,
    requested,
)

from parking_kernel.money import Money
from payment_service.domain.payment_states import S
from payment_service.domain.payments import Payment
from payment_service.domain.provider import DisputeStatus, IntentStatus, Observation

OTHERS = [Money(1251, "CHF"), Money(5, "CHF"), Money(1250, "EUR"), None]


def seen_of(payment: Payment, *seen: Observation) -> None:
    for each in seen:
        payment.observe(each, NOW)


@pytest.mark.parametrize("said", OTHERS)
def test_a_capture_of_another_amount_is_parked_and_never_booked(said: Money | None) -> None:
    payment = requested()
    wrong = replace(intent(IntentStatus.SUCCEEDED), amount=said)
    seen_of(payment, wrong, wrong, by_hand(100), dispute(DisputeStatus.OPEN, 100))
    assert payment.entries == []
    assert not payment.state.is_captured
    assert published(payment) == ["Requested"]
    assert [report.said for report in payment.state.parked if report.object_id == INTENT] == [said]
    assert payment.state.has_open_reports
    assert not payment.state.is_settled, "the provider is asked again"


def test_the_right_amount_is_booked_and_takes_the_parked_one_away() -> None:
    payment = requested()
    seen_of(payment, replace(intent(IntentStatus.SUCCEEDED), amount=Money(5, "CHF")), intent(IntentStatus.SUCCEEDED))
    assert payment.state.status is S.SUCCEEDED
    assert payment.state.parked == ()
    assert len(payment.entries) == 1


def test_an_intent_of_another_amount_is_withdrawn_before_anybody_pays_it() -> None:
    payment = requested()
    waiting = replace(intent(IntentStatus.WAITING), amount=Money(5, "CHF"))
    seen_of(payment, waiting)
    assert payment.state.cancel_requested_at == NOW
    seen_of(payment, replace(waiting, status=IntentStatus.CANCELLED))
    assert payment.state.status is S.CANCELLED
    assert payment.state.parked == ()
    assert payment.state.is_settled


@pytest.mark.parametrize("said", [Money(1251, "CHF"), Money(0, "CHF"), Money(500, "EUR"), None])
def test_a_refund_or_dispute_that_no_charge_of_ours_can_have_is_parked(said: Money | None) -> None:
    payment = captured()
    booked = len(payment.entries)
    seen_of(payment, replace(by_hand(1), amount=said), replace(dispute(DisputeStatus.OPEN), amount=said))
    assert len(payment.entries) == booked
    assert (payment.state.refunds, payment.state.dispute) == ((), None)
    assert sorted(report.object_id for report in payment.state.parked) == ["dp_1", "re_hand"]


def test_a_refund_of_ours_has_our_amount() -> None:
    payment = captured()
    refund = refund_by(payment, 500)
    sent = provider_refund(refund)
    seen_of(payment, replace(sent, amount=Money(499, "CHF")))
    assert payment.state.refunded == 0
    assert payment.state.has_open_reports
    seen_of(payment, sent)
    assert payment.state.refunded == 500
    assert not payment.state.has_open_reports


def test_what_people_have_settled_is_closed_and_the_charge_can_be_paid_again() -> None:
    payment = requested()
    wrong = replace(intent(IntentStatus.SUCCEEDED), amount=Money(5, "CHF"))
    seen_of(payment, wrong)
    payment.close_parked(NOW)
    assert (payment.state.status, payment.state.is_live) == (S.CANCELLED, False)
    assert payment.state.is_settled
    seen_of(payment, wrong)
    assert not payment.state.has_open_reports, "the same is not parked again"
    assert payment.entries == []
    assert published(payment) == ["Requested", "Cancelled"]


def test_closing_what_is_not_parked_changes_nothing() -> None:
    payment = requested()
    before = payment.state
    payment.close_parked(NOW)
    assert payment.state == before


def test_a_refund_of_ours_that_does_not_say_which_is_parked_and_never_booked() -> None:
    payment = captured()
    refund = refund_by(payment, 500)
    unreadable = replace(provider_refund(refund), refund_id=None, attempt=1, is_unreadable=True)
    before = list(payment.entries)
    seen_of(payment, unreadable, unreadable)
    assert payment.entries == before, "neither as ours nor as one that was made by hand"
    assert [report.object_id for report in payment.state.parked] == [unreadable.id]
    assert payment.state.refund(refund.id).provider_id is None
    seen_of(payment, provider_refund(refund, provider_id=unreadable.id))
    assert payment.state.parked == (), "it says which again"
    seen_of(payment, unreadable)
    assert payment.state.parked == (), "it is known by its own id"
