"""Goodwill, disputes, orders, refunds by hand and failures at random, of several payments of one reservation.

Whatever the order: each refund order is paid once, of its own payment, or closed with its reason.
"""

from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from services.payment.tests.unit.payments import INTENT, NOW, charge, intent

from parking_kernel.money import Money
from payment_service.domain.charges import AmountsDue, Charge, NamedRefund, ReservationStatus
from payment_service.domain.new_refund_orders import new_orders, total_of
from payment_service.domain.payments import Payment
from payment_service.domain.provider import (
    DisputeStatus,
    IntentStatus,
    ProviderDispute,
    ProviderRefund,
    ProviderRefundStatus,
)
from payment_service.domain.refund_orders import RefundOrder
from payment_service.domain.refunds import Refund, RefundStatus

RESERVATION = uuid4()
CAPTURED = (1000, 600, 250)
AMOUNTS = st.integers(1, 1500)
WHICH = st.sampled_from(range(len(CAPTURED)))
GOODWILL = "goodwill"


@dataclass
class Provider:
    """What the provider has of one payment; it refuses what would give more than there is, and all while disputed."""

    captured: int
    refunds: dict[str, ProviderRefund] = field(default_factory=dict[str, ProviderRefund])
    dispute: ProviderDispute | None = None

    @property
    def given(self) -> int:
        return sum(_units(each) for each in self.refunds.values() if each.status is ProviderRefundStatus.SUCCEEDED)

    @property
    def disputed(self) -> int:
        return _units(self.dispute) if self.dispute and self.dispute.status is not DisputeStatus.WON else 0

    def refund(self, amount: int, refund: Refund | None = None) -> ProviderRefund | None:
        if self.disputed or self.given + amount > self.captured:
            return None
        number = f"re_{len(self.refunds)}_{id(self)}"
        of = (refund.id, refund.attempt) if refund else (None, 1)
        self.refunds[number] = ProviderRefund(number, INTENT, *of, Money(amount, "CHF"), ProviderRefundStatus.SUCCEEDED)
        return self.refunds[number]


class Refunding(RuleBasedStateMachine):
    """`published` is what reservation's events have: they may come late, again, or be skipped, in this order."""

    def __init__(self) -> None:
        super().__init__()
        self.payments = [_captured(amount, number) for number, amount in enumerate(CAPTURED)]
        self.providers = [Provider(amount) for amount in CAPTURED]
        self.published: list[NamedRefund] = []
        self.came = 0

    @rule(which=WHICH, amount=AMOUNTS)
    def reservation_orders(self, which: int, amount: int) -> None:
        payment = self.payments[which].state.id
        number = sum(each.payment_id == payment for each in self.published)
        self.published.append(NamedRefund(uuid5(payment, str(number)), payment, Money(amount, "CHF"), "cancelled"))

    @rule()
    def the_newest_event_comes(self) -> None:
        known = [order for payment in self.payments for order in payment.state.orders]
        due = sum(each.amount.amount for each in self.published)
        amounts_due = AmountsDue(
            RESERVATION, ReservationStatus.CONFIRMED, (), Money(due, "CHF"), 1, tuple(self.published)
        )
        for order in new_orders(amounts_due, known, [each.state for each in self.payments], NOW):
            self._payment(order.payment_id).take_order(order, NOW)
        self.came = len(self.published)

    @rule(which=WHICH, amount=AMOUNTS)
    def an_operator_gives(self, which: int, amount: int) -> None:
        payment = self.payments[which]
        if payment.state.refundable:
            payment.request_refund(uuid4(), min(amount, payment.state.refundable), GOODWILL, NOW)

    @rule(which=WHICH, amount=AMOUNTS)
    def somebody_gives_by_hand(self, which: int, amount: int) -> None:
        """Not what a bank sent back and is owed still: that is booked, and would wait for good, with an alarm."""
        payment, provider = self.payments[which], self.providers[which]
        failed = (
            each for each in payment.state.refunds if each.is_booked and each.status is not RefundStatus.SUCCEEDED
        )
        left = provider.captured - provider.given - sum(each.amount for each in failed)
        if left > 0 and (made := provider.refund(min(amount, left))):
            payment.observe(made, NOW)

    @rule(which=WHICH)
    def refunds_are_sent(self, which: int) -> None:
        for refund in self.payments[which].state.refunds:
            self._send(which, refund.id)

    @rule(which=WHICH)
    def the_provider_refuses_without_a_reason(self, which: int) -> None:
        payment = self.payments[which]
        for refund in payment.state.refunds:
            if refund.status is RefundStatus.REQUESTED and refund.provider_id is None:
                payment.ask_for_refund(refund.id)
                payment.refuse_refund(refund.id, "invalid_request", NOW)

    @rule(which=WHICH)
    def a_bank_sends_one_back(self, which: int) -> None:
        """Not where the money went by a dispute or otherwise meanwhile: the provider would have to invent it."""
        provider = self.providers[which]
        for number, refund in provider.refunds.items():
            if refund.status is ProviderRefundStatus.SUCCEEDED and refund.refund_id and not provider.disputed:
                provider.refunds[number] = replace(refund, status=ProviderRefundStatus.FAILED)
                self.payments[which].observe(provider.refunds[number], NOW)
                return

    @rule(which=WHICH, share=st.sampled_from([1, 2]))
    def a_card_s_owner_objects(self, which: int, share: int) -> None:
        provider = self.providers[which]
        if provider.dispute is None and provider.given == 0:
            provider.dispute = ProviderDispute(
                "dp", INTENT, Money(provider.captured // share, "CHF"), DisputeStatus.OPEN
            )
            self.payments[which].observe(provider.dispute, NOW)

    @precondition(lambda self: any(self._has_open_dispute(which) for which in range(len(CAPTURED))))
    @rule(which=WHICH, outcome=st.sampled_from([DisputeStatus.WON, DisputeStatus.LOST]))
    def a_dispute_is_decided(self, which: int, outcome: DisputeStatus) -> None:
        provider = self.providers[which]
        if provider.dispute and self._has_open_dispute(which):
            provider.dispute = replace(provider.dispute, status=outcome)
            self.payments[which].observe(provider.dispute, NOW)

    @invariant()
    def each_order_adds_up_and_is_of_its_own_payment(self) -> None:
        for payment in self.payments:
            ids = [refund.id for refund in payment.state.refunds]
            assert len(set(ids)) == len(ids)
            for order in payment.state.orders:
                assert order.payment_id == payment.state.id
                if not order.is_decided:
                    assert payment.state.has_open_dispute
                    assert order.id not in ids
                    continue
                refunds = [each for each in payment.state.refunds if each.id == order.id and not each.is_given_up]
                assert sum(each.amount for each in refunds) == order.refunded
                assert order.refunded + sum(order.unpaid.values()) == order.amount.amount

    @invariant()
    def each_reason_is_true_of_its_own_payment(self) -> None:
        """So that nothing of another payment can have lowered an order."""
        for payment, provider in zip(self.payments, self.providers, strict=True):
            orders = payment.state.orders
            ids = {order.id for order in orders}
            not_ordered = sum(each.amount for each in payment.state.refunds if each.id not in ids)
            assert sum(order.covered_by_goodwill for order in orders) <= not_ordered
            # All of it, where the provider refuses the rest of a payment of which a part was disputed.
            assert not any(order.lost_to_dispute for order in orders) or provider.disputed
            beyond = sum(order.amount.amount for order in orders) - provider.captured
            assert sum(order.exceeds_payment for order in orders) <= max(0, beyond)

    @invariant()
    def each_order_is_paid_once(self) -> None:
        for payment, provider in zip(self.payments, self.providers, strict=True):
            assert provider.given <= provider.captured
            for order in payment.state.orders:
                arrived = _arrived(payment, provider, order)
                assert len(arrived) <= 1
                assert sum(arrived) <= order.amount.amount

    @invariant()
    def what_came_is_known_and_nothing_more(self) -> None:
        known = [order for payment in self.payments for order in payment.state.orders]
        assert {order.id for order in known} == {each.id for each in self.published[: self.came]}
        assert total_of(known) == sum(each.amount.amount for each in self.published[: self.came])

    def teardown(self) -> None:
        """In the end everything is published, disputes are decided, and refunds are sent until none is left to send."""
        self.the_newest_event_comes()
        for which, (payment, provider) in enumerate(zip(self.payments, self.providers, strict=True)):
            if provider.dispute and self._has_open_dispute(which):
                self.a_dispute_is_decided(which, DisputeStatus.LOST if which % 2 else DisputeStatus.WON)
            for _ in range(3):
                self.refunds_are_sent(which)
            given_up = any(each.is_given_up for each in payment.state.refunds)
            for order in payment.state.orders:
                assert order.is_decided
                assert sum(_arrived(payment, provider, order)) == order.refunded, "paid"
                if order.unpaid and not given_up:
                    assert provider.given + provider.disputed >= provider.captured, "closed: nothing is left of it"

    def _send(self, which: int, refund_id: UUID) -> None:
        """As `SendRefunds` does."""
        payment, provider = self.payments[which], self.providers[which]
        if payment.state.refund(refund_id).is_given_up or not payment.retry_refund(refund_id, NOW):
            return
        refund = payment.state.refund(refund_id)
        if refund.status is not RefundStatus.REQUESTED or refund.provider_id:
            return
        payment.ask_for_refund(refund_id)
        if made := provider.refund(refund.amount, refund):
            payment.observe(made, NOW)
        else:
            payment.refuse_refund(refund_id, "invalid_request", NOW)

    def _payment(self, payment_id: UUID) -> Payment:
        return next(each for each in self.payments if each.state.id == payment_id)

    def _has_open_dispute(self, which: int) -> bool:
        dispute = self.providers[which].dispute
        return dispute is not None and dispute.status is DisputeStatus.OPEN


def _captured(amount: int, number: int) -> Payment:
    owed: dict[str, Any] = {"reservation_id": RESERVATION, "amount": Money(amount, "CHF"), "tax": Money(0, "CHF")}
    its: Charge = replace(charge(), **owed)
    payment = Payment.start(UUID(int=number + 1), its, save_method=False, at=NOW)
    payment.observe(intent(IntentStatus.WAITING, amount=amount), NOW)
    payment.observe(intent(IntentStatus.SUCCEEDED, amount=amount), NOW)
    return payment


def _arrived(payment: Payment, provider: Provider, order: RefundOrder) -> list[int]:
    """What the provider gave for an order; one that somebody made by hand may have been taken for it."""
    taken_for_it = {each.provider_id for each in payment.state.refunds if each.id == order.id}
    its = (each for each in provider.refunds.values() if order.id == each.refund_id or each.id in taken_for_it)
    return [_units(each) for each in its if each.status is ProviderRefundStatus.SUCCEEDED]


def _units(seen: ProviderRefund | ProviderDispute) -> int:
    assert seen.amount is not None
    return seen.amount.amount


TestRefunding = Refunding.TestCase
TestRefunding.settings = settings(max_examples=60, stateful_step_count=40)


class TestTheChecksThemselves:
    """What must not be is seen: goodwill on one payment that lowers an order on another, and an order paid twice."""

    @staticmethod
    def ordered() -> tuple[Refunding, Payment, RefundOrder]:
        machine = Refunding()
        machine.an_operator_gives(which=0, amount=300)
        machine.reservation_orders(which=1, amount=600)
        machine.the_newest_event_comes()
        machine.refunds_are_sent(which=1)
        machine.each_reason_is_true_of_its_own_payment()
        machine.each_order_is_paid_once()
        payment = machine.payments[1]
        return machine, payment, payment.state.orders[0]

    def test_goodwill_of_another_payment(self) -> None:
        machine, payment, order = self.ordered()
        lowered = replace(order, refunded=300, covered_by_goodwill=300)
        payment.state = replace(payment.state, orders=(lowered,))
        with pytest.raises(AssertionError):
            machine.each_reason_is_true_of_its_own_payment()
        with pytest.raises(AssertionError):
            machine.each_order_adds_up_and_is_of_its_own_payment()

    def test_an_order_paid_twice(self) -> None:
        machine, _, order = self.ordered()
        (arrived,) = machine.providers[1].refunds.values()
        machine.providers[1].refunds["again"] = replace(arrived, id="again", amount=Money(0, "CHF"))
        with pytest.raises(AssertionError):
            machine.each_order_is_paid_once()
        assert arrived.refund_id == order.id
