"""What is still to come back of a reservation that is cancelled: as much as arrives, and nothing twice."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest

from notification_service.domain.coming_refunds import PaymentCopy, Refund, RefundOrder, still_to_come

BOOKING, SECOND = uuid4(), uuid4()


def order(payment_id: UUID, amount: int, reason: str) -> RefundOrder:
    return RefundOrder(uuid4(), payment_id, amount, reason)


def paid(payment_id: UUID, amount: int, *refunds: Refund, is_disputed: bool = False) -> PaymentCopy:
    return PaymentCopy(payment_id, amount, is_disputed, refunds, 1)


def coming(orders: Sequence[RefundOrder], *payments: PaymentCopy) -> int:
    return still_to_come(orders, {each.id: each for each in payments})


def test_of_8_00_paid_8_00_are_announced_though_15_50_go_back_over_the_reservations_life() -> None:
    before = order(SECOND, 750, "not_owed")
    cancelled = order(BOOKING, 800, "cancelled")
    second = paid(SECOND, 750, Refund(before.id, 750, has_arrived=True))
    assert coming([before, cancelled], paid(BOOKING, 800), second) == 800


def test_what_was_ordered_before_and_has_not_arrived_comes_too() -> None:
    before = order(SECOND, 750, "not_owed")
    second = paid(SECOND, 750, Refund(before.id, 750, has_arrived=False))
    assert coming([before, order(BOOKING, 800, "cancelled")], paid(BOOKING, 800), second) == 1550


@pytest.mark.parametrize("reason", ["cancelled", "supply_change", "a_reason_of_tomorrow"])
def test_a_refund_that_arrives_before_its_mail_is_announced_all_the_same(reason: str) -> None:
    cancelled = order(BOOKING, 800, reason)
    assert coming([cancelled], paid(BOOKING, 800, Refund(cancelled.id, 800, has_arrived=True))) == 800


@pytest.mark.parametrize("has_arrived", [True, False])
def test_what_an_operator_gave_back_does_not_come_again(has_arrived: bool) -> None:
    goodwill = Refund(uuid4(), 300, has_arrived)
    assert coming([order(BOOKING, 800, "cancelled")], paid(BOOKING, 800, goodwill)) == 500
    assert coming([order(BOOKING, 400, "cancelled")], paid(BOOKING, 800, goodwill)) == 400


def test_goodwill_on_one_payment_lowers_nothing_of_another() -> None:
    orders = [order(BOOKING, 800, "cancelled"), order(SECOND, 750, "cancelled")]
    second = paid(SECOND, 750, Refund(uuid4(), 750, has_arrived=True))
    assert coming(orders, paid(BOOKING, 800), second) == 800


def test_of_a_disputed_payment_nothing_is_promised() -> None:
    assert coming([order(BOOKING, 800, "cancelled")], paid(BOOKING, 800, is_disputed=True)) == 0


def test_of_a_payment_that_has_not_arrived_all_that_was_ordered_is_announced() -> None:
    assert coming([order(BOOKING, 800, "cancelled")]) == 800
