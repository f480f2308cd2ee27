"""Refund orders: each pays what is left of its own payment, once; the rest is closed with its reason."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from services.payment.tests.unit.payments import (
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
from payment_service.domain.charges import AmountsDue, ChargeStatus, NamedRefund, OwedCharge, ReservationStatus
from payment_service.domain.new_refund_orders import contradicted, earlier_orders, new_orders, total_of
from payment_service.domain.payments import Payment
from payment_service.domain.provider import DisputeStatus, IntentStatus, ProviderRefundStatus
from payment_service.domain.refund_orders import RefundOrder
from payment_service.domain.refunds import RefundStatus

WON, LOST, OPEN = DisputeStatus.WON, DisputeStatus.LOST, DisputeStatus.OPEN


def chf(amount: int) -> Money:
    return Money(amount, "CHF")


def order_of(payment: Payment, amount: int, order_id: UUID | None = None) -> RefundOrder:
    charge = payment.state.charge
    return RefundOrder(
        order_id or uuid4(), charge.reservation_id, payment.state.id, chf(amount), "cancelled", NOW, place=0
    )


def take(payment: Payment, amount: int) -> UUID:
    order = order_of(payment, amount)
    payment.take_order(order, NOW)
    return order.id


def parts(payment: Payment, order_id: UUID) -> tuple[int, int, int, int]:
    order = payment.state.order(order_id)
    assert order is not None
    assert order.is_decided
    return order.refunded, order.covered_by_goodwill, order.lost_to_dispute, order.exceeds_payment


def refunds(payment: Payment) -> list[tuple[UUID, int]]:
    return [(each.id, each.amount) for each in payment.state.refunds if not each.is_given_up]


class TestWhatComesOfAnOrder:
    def test_it_is_refunded_under_its_own_id_and_once(self) -> None:
        payment = captured(1000)
        order = order_of(payment, 600)
        for _ in range(2):
            payment.take_order(order, NOW)
        assert refunds(payment) == [(order.id, 600)]
        assert (payment.state.refunds[0].reason, published(payment)[-1]) == ("cancelled", "RefundRequested")
        assert parts(payment, order.id) == (600, 0, 0, 0)

    @pytest.mark.parametrize(
        ("goodwill", "ordered", "expected"),
        [
            (300, 500, (500, 0, 0, 0)),
            (300, 700, (700, 0, 0, 0)),
            (300, 1000, (700, 300, 0, 0)),
            (1000, 1000, (0, 1000, 0, 0)),
            (1000, 400, (0, 400, 0, 0)),
            (0, 1200, (1000, 0, 0, 200)),
            (300, 1200, (700, 300, 0, 200)),
        ],
    )
    def test_goodwill_of_its_payment_covers_what_is_not_left(
        self, goodwill: int, ordered: int, expected: tuple[int, int, int, int]
    ) -> None:
        payment = captured(1000)
        if goodwill:
            refund_by(payment, goodwill)
        assert parts(payment, take(payment, ordered)) == expected

    @pytest.mark.parametrize(
        ("goodwill", "disputed", "ordered", "expected"),
        [
            (0, 1000, 1000, (0, 0, 1000, 0)),
            (0, 400, 1000, (600, 0, 400, 0)),
            (300, 400, 1000, (300, 300, 400, 0)),
            (300, 1000, 1000, (0, 300, 700, 0)),
            (300, 400, 200, (200, 0, 0, 0)),
        ],
    )
    def test_a_lost_dispute_takes_what_it_took(
        self, goodwill: int, disputed: int, ordered: int, expected: tuple[int, int, int, int]
    ) -> None:
        payment = captured(1000)
        if goodwill:
            refund_by(payment, goodwill)
        payment.observe(dispute(LOST, disputed), NOW)
        assert parts(payment, take(payment, ordered)) == expected

    def test_a_refund_of_another_payment_changes_nothing(self) -> None:
        goodwilled, disputed, payment = captured(1000), captured(1000), captured(1000)
        refund_by(goodwilled, 300)
        disputed.observe(dispute(LOST, 1000), NOW)
        assert parts(payment, take(payment, 1000)) == (1000, 0, 0, 0)

    def test_a_second_order_gets_what_the_first_did_not_claim(self) -> None:
        payment = captured(1000)
        first, second, third = take(payment, 300), take(payment, 700), take(payment, 5)
        assert [parts(payment, each) for each in (first, second, third)] == [
            *((300, 0, 0, 0), (700, 0, 0, 0), (0, 0, 0, 5)),
        ]

    def test_goodwill_after_it_gets_what_is_left(self) -> None:
        payment = captured(1000)
        take(payment, 600)
        assert payment.state.refundable == 400

    @pytest.mark.parametrize("amount", [0, 10**15])
    def test_no_amount_is_poison(self, amount: int) -> None:
        payment = captured(1000)
        expected = min(amount, 1000)
        assert parts(payment, take(payment, amount)) == (expected, 0, 0, amount - expected)


class TestAnOrderThatWaits:
    @pytest.mark.parametrize(("outcome", "expected"), [(WON, (1000, 0, 0, 0)), (LOST, (0, 0, 1000, 0))])
    def test_for_an_open_dispute(self, outcome: DisputeStatus, expected: tuple[int, int, int, int]) -> None:
        payment = captured(1000)
        payment.observe(dispute(OPEN, 1000), NOW)
        order_id = take(payment, 1000)
        order = payment.state.order(order_id)
        assert order is not None
        assert not order.is_decided
        assert payment.state.refunds == ()
        payment.observe(dispute(outcome, 1000), NOW)
        assert parts(payment, order_id) == expected

    def test_for_the_capture(self) -> None:
        payment = requested(1250)
        order_id = take(payment, 1250)
        assert payment.state.refunds == ()
        payment.observe(intent(IntentStatus.SUCCEEDED), NOW)
        assert parts(payment, order_id) == (1250, 0, 0, 0)
        assert published(payment)[-2:] == ["Succeeded", "RefundRequested"]

    def test_for_its_own_payment_where_it_was_named_by_mistake(self) -> None:
        payment = captured(1000)
        for mistake in (
            {"reservation_id": uuid4()},
            {"payment_id": uuid4()},
            {"amount": Money(1000, "EUR")},
        ):
            payment.take_order(replace(order_of(payment, 1000), **mistake), NOW)
        assert payment.state.refunds == ()
        assert not any(order.is_decided for order in payment.state.orders)


class TestARefundThatFails:
    def test_is_tried_again_and_the_order_waits_for_it(self) -> None:
        payment = captured(1000)
        order_id = take(payment, 1000)
        payment.observe(provider_refund(payment.state.refund(order_id), ProviderRefundStatus.FAILED), NOW)
        assert payment.retry_refund(order_id, NOW)
        assert parts(payment, order_id) == (1000, 0, 0, 0)
        payment.observe(provider_refund(payment.state.refund(order_id)), NOW)
        assert payment.state.refunded == 1000

    def test_gives_what_is_left_where_somebody_gave_a_part_by_hand(self) -> None:
        payment = captured(1000)
        order_id = take(payment, 1000)
        payment.ask_for_refund(order_id)
        payment.observe(by_hand(300), NOW)
        payment.refuse_refund(order_id, "invalid_request", NOW)
        assert payment.retry_refund(order_id, NOW)
        assert payment.state.refund(order_id).amount == 700
        assert parts(payment, order_id) == (700, 300, 0, 0)

    def test_is_closed_where_all_went_back_by_hand(self) -> None:
        payment = captured(1000)
        order_id = take(payment, 600)
        payment.ask_for_refund(order_id)
        payment.observe(by_hand(1000), NOW)
        payment.refuse_refund(order_id, "charge_already_refunded", NOW)
        assert not payment.retry_refund(order_id, NOW)
        assert parts(payment, order_id) == (0, 600, 0, 0)

    def test_is_closed_where_the_dispute_is_lost(self) -> None:
        payment = captured(1000)
        order_id = take(payment, 1000)
        payment.ask_for_refund(order_id)
        payment.refuse_refund(order_id, "charge_disputed", NOW)
        payment.observe(dispute(OPEN, 1000), NOW)
        assert not payment.retry_refund(order_id, NOW)
        assert parts(payment, order_id) == (1000, 0, 0, 0), "it may be won"
        payment.observe(dispute(LOST, 1000), NOW)
        assert not payment.retry_refund(order_id, NOW)
        assert parts(payment, order_id) == (0, 0, 1000, 0)

    def test_and_was_closed_is_paid_all_the_same_by_hand(self) -> None:
        payment = captured(1000)
        order_id = take(payment, 1000)
        payment.ask_for_refund(order_id)
        payment.refuse_refund(order_id, "charge_disputed", NOW)
        payment.observe(dispute(LOST, 1000), NOW)
        payment.retry_refund(order_id, NOW)
        payment.observe(by_hand(1000), NOW)
        assert parts(payment, order_id) == (1000, 0, 0, 0)
        assert payment.state.refund(order_id).status is RefundStatus.SUCCEEDED


def amounts_due(
    refund_due: int, *paid: Payment, named: Sequence[NamedRefund] | None = None, version: int = 1
) -> AmountsDue:
    charges = tuple(OwedCharge(each.state.charge.id, ChargeStatus.PAID) for each in paid)
    return AmountsDue(uuid4(), ReservationStatus.CONFIRMED, charges, chf(refund_due), version, named)


def later(payment: Payment) -> Payment:
    return Payment(replace(payment.state, requested_at=NOW + timedelta(hours=1)))


def named(*orders: tuple[UUID, Payment, int]) -> list[NamedRefund]:
    return [NamedRefund(order_id, each.state.id, chf(amount), "cancelled") for order_id, each, amount in orders]


def known_of(*payments: Payment) -> list[RefundOrder]:
    return [order for each in payments for order in each.state.orders]


class TestAnEventThatGivesTheSumAlone:
    """As those of release 0.1 do: it becomes orders of payments that are known here."""

    def plan(self, amounts_due: AmountsDue, *payments: Payment) -> list[tuple[UUID, int]]:
        found = new_orders(amounts_due, known_of(*payments), [each.state for each in payments], NOW)
        return [(each.payment_id, each.amount.amount) for each in found]

    def test_money_that_nothing_is_owed_for_goes_first_then_the_newest(self) -> None:
        old, new, unneeded = captured(1000, 0), later(captured(1000, 0)), captured(1000, 0)
        assert self.plan(amounts_due(2500, old, new), old, new, unneeded) == [
            (unneeded.state.id, 1000),
            (new.state.id, 1000),
            (old.state.id, 500),
        ]

    def test_what_was_ordered_is_counted_and_what_was_not_captured_is_not(self) -> None:
        payment = captured(1000, 0)
        take(payment, 400)
        assert self.plan(amounts_due(400, payment), payment, requested()) == []
        assert self.plan(amounts_due(700, payment), payment) == [(payment.state.id, 300)]

    def test_goodwill_and_disputes_are_payments_own_matter(self) -> None:
        needed, unneeded = captured(1250), captured(1000)
        refund_by(needed, 300)
        assert self.plan(amounts_due(1000, needed), needed, unneeded) == [(unneeded.state.id, 1000)]
        needed.observe(dispute(LOST), NOW)
        assert self.plan(amounts_due(1000, needed), needed, unneeded) == [(unneeded.state.id, 1000)]

    @given(due=st.integers(0, 10_000), amounts=st.lists(st.integers(1, 3000), max_size=4), repeats=st.integers(1, 3))
    def test_again_it_orders_nothing_more(self, due: int, amounts: list[int], repeats: int) -> None:
        payments = [captured(amount, 0) for amount in amounts]
        made: list[set[UUID]] = []
        for _ in range(repeats):
            event = amounts_due(due)
            found = new_orders(event, known_of(*payments), [each.state for each in payments], NOW)
            made.append({order.id for order in found})
            for order in found:
                payment = next(each for each in payments if each.state.id == order.payment_id)
                payment.take_order(replace(order, reservation_id=payment.state.charge.reservation_id), NOW)
        assert sum(each.state.returning for each in payments) == min(due, sum(amounts))
        assert all(not later for later in made[1:])

    def test_ids_follow_from_the_history(self) -> None:
        payment = captured(1000)
        first, again = (new_orders(amounts_due(400), [], [payment.state], NOW) for _ in range(2))
        assert first[0].id == again[0].id
        more = new_orders(amounts_due(700), first, [payment.state], NOW)
        assert more[0].id != first[0].id


class TestTheNamesOfWhatWasGivenBefore:
    """When an event first names the orders, some were carried out by the sum alone."""

    def follow(self, payments: Sequence[Payment], *orders: NamedRefund) -> list[RefundOrder]:
        known = known_of(*payments)
        found = new_orders(amounts_due(0, named=orders), known, [each.state for each in payments], NOW)
        for order in found:
            payment = next(each for each in payments if each.state.id == order.payment_id)
            payment.take_order(replace(order, reservation_id=payment.state.charge.reservation_id), NOW)
        return list(found)

    def unnamed(self, payment: Payment, amount: int) -> None:
        refund = payment.request_refund(uuid4(), amount, "reservation", NOW)
        for order in earlier_orders(payment.state):
            payment.take_order(order, NOW)
        assert payment.state.orders[-1].id == refund.id
        assert earlier_orders(payment.state) == []

    def test_it_is_not_given_again(self) -> None:
        payment, order_id = captured(1000), uuid4()
        self.unnamed(payment, 600)
        (order,) = self.follow([payment], *named((order_id, payment, 600)))
        assert (order.given_before, order.is_decided, parts(payment, order_id)) == (600, True, (0, 0, 0, 0))
        assert [amount for _, amount in refunds(payment)] == [600]

    def test_nor_where_it_was_another_payment_that_gave_it(self) -> None:
        given, meant = captured(600), captured(600)
        self.unnamed(given, 600)
        self.follow([given, meant], *named((uuid4(), meant, 600)))
        assert refunds(meant) == []

    def test_it_counts_once_and_for_the_first_orders(self) -> None:
        first, second = captured(600), captured(1000)
        self.unnamed(first, 600)
        self.unnamed(second, 100)
        orders = named((uuid4(), first, 600), (uuid4(), second, 1000))
        self.follow([first, second], *orders)
        self.follow([first, second], *orders, *named((uuid4(), second, 5)))
        assert [amount for _, amount in refunds(first)] == [600]
        assert [amount for _, amount in refunds(second)] == [100, 900]
        assert [each.given_before for each in known_of(first, second)] == [0, 600, 0, 100, 0]

    def test_what_never_reached_the_driver_does_not_count(self) -> None:
        payment, meant = captured(600), captured(600)
        self.unnamed(payment, 600)
        (refund_id,) = [each.id for each in payment.state.refunds]
        payment.refuse_refund(refund_id, "charge_disputed", NOW)
        payment.observe(dispute(LOST, 600), NOW)
        payment.retry_refund(refund_id, NOW)
        assert parts(payment, refund_id) == (0, 0, 600, 0)
        self.follow([payment, meant], *named((uuid4(), meant, 600)))
        assert [amount for _, amount in refunds(meant)] == [600]

    def test_a_sum_after_names_orders_nothing(self) -> None:
        """As the release before publishes while both run."""
        payment = captured(1000)
        self.follow([payment], *named((uuid4(), payment, 600)))
        assert new_orders(amounts_due(600), known_of(payment), [payment.state], NOW) == []

    @given(
        amounts=st.lists(st.integers(1, 1000), min_size=1, max_size=4),
        given_before=st.lists(st.integers(0, 1000), min_size=4, max_size=4),
        extra=st.lists(st.integers(0, 1000), min_size=4, max_size=4),
    )
    def test_in_the_end_no_more_went_back_than_is_due(
        self, amounts: list[int], given_before: list[int], extra: list[int]
    ) -> None:
        payments = [captured(amount, 0) for amount in amounts]
        for payment, amount in zip(payments, given_before, strict=False):
            if value := min(amount, payment.state.refundable):
                self.unnamed(payment, value)
        before = sum(each.state.refunding for each in payments)
        converted = named((uuid4(), payments[-1], before)) if before else []
        more = named(
            *(
                (uuid4(), each, min(amount, each.state.refundable))
                for each, amount in zip(payments, extra, strict=False)
            )
        )
        for _ in range(2):
            self.follow(payments, *converted, *more)
        due = before + sum(each.amount.amount for each in more)
        assert sum(each.state.refunding for each in payments) == due
        assert total_of(known_of(*payments)) == due


def test_an_order_that_differs_from_its_first_terms_is_noticed() -> None:
    payment = captured(1000)
    order = order_of(payment, 600)
    same = named((order.id, payment, 600))
    assert contradicted(amounts_due(600, named=same), [order]) == []
    assert contradicted(amounts_due(600, named=named((order.id, payment, 601))), [order]) == [order.id]
    assert contradicted(amounts_due(600, named=named((order.id, captured(1), 600))), [order]) == [order.id]
    assert contradicted(amounts_due(600), [order]) == []
