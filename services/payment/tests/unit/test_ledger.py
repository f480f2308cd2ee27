"""The books: always balanced, and back at nothing when everything went back."""

from collections import defaultdict
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from services.payment.tests.unit.payments import NOW, by_hand, captured, charge, dispute, provider_refund, refund_by

from parking_kernel.money import Money
from payment_service.domain.ledger import Cause, EntryKind, LedgerEntry, Posting
from payment_service.domain.payments import Payment
from payment_service.domain.provider import DisputeStatus, ProviderRefundStatus
from payment_service.domain.refunds import RefundStatus

AMOUNTS = st.integers(1, 10_000_000)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("refund"), AMOUNTS),
        st.tuples(st.just("arrive"), st.integers(0, 9)),
        st.tuples(st.just("fail"), st.integers(0, 9)),
        st.tuples(st.just("retry"), st.integers(0, 9)),
        st.tuples(st.just("dispute"), st.sampled_from(list(DisputeStatus)).map(list(DisputeStatus).index)),
        st.tuples(st.just("hand"), AMOUNTS),
    ),
    max_size=12,
)


def balances(payment: Payment) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for entry in payment.entries:
        assert sum(posting.amount for posting in entry.postings) == 0
        for posting in entry.postings:
            found[posting.account.partition(":")[0]] += posting.amount
    return {account: balance for account, balance in found.items() if balance}


def test_an_unbalanced_entry_cannot_be_made() -> None:
    nothing = Money(0, "CHF")
    cause = Cause(uuid4(), "capture", NOW)
    with pytest.raises(ValueError, match="zero"):
        LedgerEntry(uuid4(), EntryKind.PAYMENT, charge(), cause, (Posting("a", 1), Posting("b", -2)), nothing, nothing)


@given(amount=AMOUNTS, share=st.integers(0, 100), parts=st.lists(AMOUNTS, max_size=8))
def test_parts_that_go_back_add_up_to_the_whole(amount: int, share: int, parts: list[int]) -> None:
    payment = captured(amount, amount * share // 100)
    for part in [*parts, amount]:
        if payment.state.refundable:
            refund = refund_by(payment, min(part, payment.state.refundable))
            payment.observe(provider_refund(refund), NOW)
    assert balances(payment) == {}
    assert payment.state.refunded == amount


@given(steps=STEPS)
def test_whatever_happens_the_books_balance_and_are_true(steps: list[tuple[str, int]]) -> None:
    payment = captured(1000, 71)
    for word, value in steps:
        _do(payment, word, value)
        state = payment.state
        assert sum(refund.amount for refund in state.refunds if refund.reason == "goodwill") <= 1000
        assert 0 <= state.refundable <= 1000
        books = balances(payment)
        assert sum(books.values()) == 0
        clearing = 1000 - state.refunded - state.disputed_away
        assert books.get("provider_clearing", 0) == clearing, "the provider holds what did not go back"
        assert len({entry.id for entry in payment.entries}) == len(payment.entries), "nothing is booked twice"


def _do(payment: Payment, word: str, value: int) -> None:
    refunds = payment.state.refunds
    refund = refunds[value % len(refunds)] if refunds and word in {"arrive", "fail", "retry"} else None
    if word == "refund" and payment.state.refundable:
        refund_by(payment, min(value, payment.state.refundable))
    elif word == "dispute" and not payment.state.returning:
        payment.observe(dispute(list(DisputeStatus)[value], 1000), NOW)
    elif word == "hand" and payment.state.refundable:
        amount = min(value, payment.state.refundable)
        payment.observe(by_hand(amount, f"re_hand_{len(refunds)}"), NOW)
    elif refund and word == "retry" and refund.status is RefundStatus.FAILED:
        payment.retry_refund(refund.id, NOW)
    elif refund and word in {"arrive", "fail"}:
        status = ProviderRefundStatus.SUCCEEDED if word == "arrive" else ProviderRefundStatus.FAILED
        payment.observe(provider_refund(refund, status, refund.provider_id), NOW)
