"""Which payments give how much back."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st
from services.payment.tests.unit.payments import NOW, captured, refund_by, requested

from parking_kernel.money import Money
from payment_service.domain.charges import ChargeStatus, Dues, OwedCharge, ReservationStatus
from payment_service.domain.payments import Payment
from payment_service.domain.refund_plan import plan_refunds


def dues(refund_due: int, *paid: Payment) -> Dues:
    charges = tuple(OwedCharge(each.state.charge.id, ChargeStatus.PAID) for each in paid)
    return Dues(uuid4(), ReservationStatus.CONFIRMED, charges, Money(refund_due, "CHF"), 1)


def later(payment: Payment) -> Payment:
    return Payment(replace(payment.state, requested_at=NOW + timedelta(hours=1)))


def test_money_that_nothing_is_owed_for_goes_first_then_the_newest() -> None:
    old, new, unneeded = captured(1000, 0), later(captured(1000, 0)), captured(1000, 0)
    states = [each.state for each in (old, new, unneeded)]
    plan = plan_refunds(dues(2500, old, new), states)
    assert plan == [(unneeded.state.id, 1000), (new.state.id, 1000), (old.state.id, 500)]


def test_what_goes_back_already_is_counted_and_what_was_not_captured_is_not() -> None:
    payment = captured(1000, 0)
    refund_by(payment, 400)
    assert plan_refunds(dues(400, payment), [payment.state, requested().state]) == []
    assert plan_refunds(dues(700, payment), [payment.state]) == [(payment.state.id, 300)]


@given(due=st.integers(0, 10_000), amounts=st.lists(st.integers(1, 3000), max_size=4), repeats=st.integers(1, 3))
def test_planning_again_plans_nothing_more(due: int, amounts: list[int], repeats: int) -> None:
    payments = {each.state.id: each for each in (captured(amount, 0) for amount in amounts)}
    for _ in range(repeats):
        for payment_id, amount in plan_refunds(dues(due), [each.state for each in payments.values()]):
            refund_by(payments[payment_id], amount)
    returning = sum(each.state.returning for each in payments.values())
    assert returning == min(due, sum(amounts))
