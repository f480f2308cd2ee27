"""A payment's states: what the provider says may come late, twice, and in any order."""

from itertools import permutations
from uuid import uuid4

import pytest
from services.payment.tests.unit.payments import (
    NOW,
    by_hand,
    captured,
    charge,
    dispute,
    intent,
    provider_refund,
    published,
    refund_by,
    requested,
)

from parking_events import PaymentState
from payment_service.adapters.kafka.to_wire import to_wire
from payment_service.domain.errors import RefundExceedsPayment
from payment_service.domain.payment_states import PaymentStatus
from payment_service.domain.payments import Payment
from payment_service.domain.provider import DisputeStatus, IntentStatus, ProviderRefundStatus
from payment_service.domain.refunds import PAUSE, RefundStatus

W, S = IntentStatus, PaymentStatus

TABLE = {
    # stage that it is in: what each word of the provider makes of it
    W.WAITING: (S.REQUESTED, S.ACTION_REQUIRED, S.REQUESTED, S.AUTHORIZED, S.FAILED, S.SUCCEEDED, S.CANCELLED),
    W.ACTION_REQUIRED: (
        *(S.ACTION_REQUIRED, S.ACTION_REQUIRED, S.ACTION_REQUIRED, S.AUTHORIZED, S.FAILED, S.SUCCEEDED, S.CANCELLED),
    ),
    W.AUTHORIZED: (*(S.AUTHORIZED, S.ACTION_REQUIRED, S.AUTHORIZED, S.AUTHORIZED, S.FAILED, S.SUCCEEDED, S.CANCELLED),),
    W.FAILED: (S.FAILED, S.ACTION_REQUIRED, S.FAILED, S.AUTHORIZED, S.FAILED, S.SUCCEEDED, S.CANCELLED),
    W.SUCCEEDED: (S.SUCCEEDED,) * 7,
    W.CANCELLED: (*(S.CANCELLED,) * 5, S.SUCCEEDED, S.CANCELLED),
}
WORDS = (W.WAITING, W.ACTION_REQUIRED, W.PROCESSING, W.AUTHORIZED, W.FAILED, W.SUCCEEDED, W.CANCELLED)


@pytest.mark.parametrize(
    ("before", "word", "after"),
    [(before, word, after) for before, row in TABLE.items() for word, after in zip(WORDS, row, strict=True)],
)
def test_each_word_in_each_state(before: IntentStatus, word: IntentStatus, after: PaymentStatus) -> None:
    payment = requested()
    payment.observe(intent(before), NOW)
    payment.observe(intent(word, seconds=1), NOW)
    assert payment.state.stage is after
    count = len(payment.events)
    payment.observe(intent(word, seconds=1), NOW)
    assert len(payment.events) == count, "a repeated word is not published again"


@pytest.mark.parametrize("order", permutations([W.ACTION_REQUIRED, W.FAILED, W.SUCCEEDED]))
def test_the_order_of_words_does_not_matter_in_the_end(order: tuple[IntentStatus, ...]) -> None:
    payment = requested()
    for word in order:
        payment.observe(intent(word), NOW)
    assert payment.state.status is S.SUCCEEDED
    assert published(payment)[-1] == "Succeeded"
    assert len(payment.entries) == 1


def test_an_older_word_does_not_undo_a_newer_one() -> None:
    payment = requested()
    payment.observe(intent(W.FAILED, seconds=5, code="card_declined", attempt="ch_1"), NOW)
    payment.observe(intent(W.ACTION_REQUIRED, seconds=2), NOW)
    assert payment.state.stage is S.FAILED


def test_another_intent_s_word_changes_nothing() -> None:
    payment = requested()
    other = requested().state
    payment.observe(type(intent(W.SUCCEEDED))("pi_other", None, W.SUCCEEDED, payment.state.charge.amount, NOW), NOW)
    assert payment.state.stage is other.stage


def test_what_the_provider_refuses_is_over_and_published() -> None:
    payment = Payment.start(uuid4(), charge(), save_method=False, at=NOW)
    payment.refuse("amount_too_small", NOW)
    payment.refuse("amount_too_small", NOW)
    assert published(payment) == ["Cancelled"]
    assert not payment.state.is_live


@pytest.mark.parametrize("over", [IntentStatus.SUCCEEDED, IntentStatus.CANCELLED])
def test_the_secret_goes_when_nobody_can_pay_with_it_any_more(over: IntentStatus) -> None:
    payment = requested()
    payment.observe(intent(IntentStatus.FAILED, code="card_declined", attempt="ch_1"), NOW)
    assert payment.state.client_secret == "pi_1_secret", "another card may pay"
    for _ in range(2):
        payment.observe(intent(over), NOW)
        assert payment.state.client_secret is None, "also when the provider says it again"


def test_the_secret_of_what_was_captured_before_it_was_known_is_not_stored() -> None:
    payment = Payment.start(uuid4(), charge(), save_method=False, at=NOW)
    payment.observe(intent(IntentStatus.SUCCEEDED), NOW)
    assert (payment.state.client_secret, payment.state.is_captured) == (None, True)


def test_a_new_key_is_another_key() -> None:
    payment = Payment.start(uuid4(), charge(), save_method=False, at=NOW)
    first = payment.state.intent_key
    payment.renew_key()
    assert payment.state.intent_key != first
    assert payment.state.key_generation == 2


def test_only_what_is_open_is_withdrawn_and_asked_for_once() -> None:
    payment = requested()
    assert [payment.request_cancel(NOW), payment.request_cancel(NOW), captured().request_cancel(NOW)] == [
        *(True, False, False),
    ]


def test_refunds_never_exceed_what_was_captured() -> None:
    payment = captured()
    refund_by(payment, 1000)
    for amount in (251, 1250, 0, -1):
        with pytest.raises(RefundExceedsPayment, match=r"Only 2\.50 CHF of this payment"):
            refund_by(payment, amount)
    refund_by(payment, 250)
    assert payment.state.refundable == 0
    with pytest.raises(RefundExceedsPayment):
        refund_by(requested(), 1)


def test_each_event_of_a_refund_names_it_among_the_others() -> None:
    payment = captured()
    first, second = refund_by(payment, 800), refund_by(payment, 450)
    payment.observe(provider_refund(second), NOW)
    payment.observe(provider_refund(first, ProviderRefundStatus.FAILED), NOW)
    payment.retry_refund(first.id, NOW)
    payment.observe(provider_refund(payment.state.refund(first.id)), NOW)
    named = [(to_wire(event).event_type.split(".")[2], event.refund_id) for event in payment.events[-6:]]
    assert named == [
        ("refund_requested", first.id),
        ("refund_requested", second.id),
        ("refunded", second.id),
        ("refund_failed", first.id),
        ("refund_requested", first.id),
        ("refunded", first.id),
    ]
    wire = [to_wire(event) for event in payment.events]
    assert [each.refund_id for each in wire if isinstance(each, PaymentState)][-6:] == [each for _, each in named]
    assert payment.events[0].refund_id is None, "what is about no refund names none"


def test_a_refund_that_fails_is_owed_still_and_tried_again() -> None:
    payment = captured()
    refund = refund_by(payment, 1250)
    payment.ask_for_refund(refund.id)
    payment.refuse_refund(refund.id, "charge_disputed", NOW)
    assert payment.state.refundable == 0
    assert payment.retry_refund(refund.id, NOW)
    again = payment.state.refund(refund.id)
    assert (again.attempt, again.status, again.asked) == (2, RefundStatus.REQUESTED, 0)
    assert again.key != refund.key
    payment.observe(provider_refund(again), NOW)
    assert payment.state.status is S.REFUNDED
    assert published(payment)[2:] == ["RefundRequested", "RefundFailed", "RefundRequested", "Refunded"]


def test_word_of_an_older_attempt_does_not_touch_the_newer_one() -> None:
    payment = captured()
    refund = refund_by(payment, 1250)
    failed = provider_refund(refund, ProviderRefundStatus.FAILED)
    payment.observe(failed, NOW)
    payment.retry_refund(refund.id, NOW)
    payment.observe(failed, NOW)
    assert payment.state.refund(refund.id).status is RefundStatus.REQUESTED
    payment.observe(provider_refund(payment.state.refund(refund.id)), NOW)
    assert payment.state.refunded == 1250


def test_a_refund_by_hand_settles_the_one_that_could_not_be_sent() -> None:
    payment = captured()
    refund = refund_by(payment, 1250)
    payment.ask_for_refund(refund.id)
    payment.refuse_refund(refund.id, "charge_already_refunded", NOW)
    payment.observe(by_hand(1250), NOW)
    assert payment.state.refund(refund.id).provider_id == "re_hand"
    assert payment.state.status is S.REFUNDED
    assert len(payment.state.refunds) == 1


def test_a_refund_that_all_went_back_without_is_given_up() -> None:
    payment = captured()
    refund = refund_by(payment, 500)
    payment.ask_for_refund(refund.id)
    payment.observe(by_hand(1250), NOW)
    payment.refuse_refund(refund.id, "charge_already_refunded", NOW)
    assert not payment.retry_refund(refund.id, NOW)
    assert payment.state.refund(refund.id).is_given_up


def test_a_dispute_marks_the_payment_until_it_is_won() -> None:
    payment = captured()
    payment.observe(dispute(DisputeStatus.OPEN), NOW)
    payment.observe(dispute(DisputeStatus.OPEN), NOW)
    assert (payment.state.status, payment.state.refundable) == (S.DISPUTED, 0)
    payment.observe(dispute(DisputeStatus.WON), NOW)
    payment.observe(dispute(DisputeStatus.OPEN), NOW)
    assert payment.state.status is S.SUCCEEDED
    assert published(payment) == ["Requested", "Succeeded", "Disputed", "DisputeClosed"]


def test_a_dispute_or_refund_says_that_there_was_a_capture() -> None:
    for seen in (dispute(DisputeStatus.LOST), by_hand(100)):
        payment = requested()
        payment.observe(seen, NOW)
        assert payment.state.is_captured


def test_a_lost_dispute_stays_and_is_not_refunded() -> None:
    payment = captured()
    refund = refund_by(payment, 1250)
    payment.ask_for_refund(refund.id)
    payment.refuse_refund(refund.id, "charge_disputed", NOW)
    payment.observe(dispute(DisputeStatus.OPEN), NOW)
    assert not payment.retry_refund(refund.id, NOW)
    assert not payment.state.refund(refund.id).is_given_up, "it may be won"
    payment.observe(dispute(DisputeStatus.LOST), NOW)
    assert not payment.retry_refund(refund.id, NOW)
    assert payment.state.refund(refund.id).is_given_up
    assert payment.state.status is S.DISPUTED


def test_pauses_grow_to_a_day() -> None:
    pauses = [PAUSE.after(attempt) for attempt in range(1, 1_000)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == PAUSE.longest
