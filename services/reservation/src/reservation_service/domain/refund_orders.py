"""What has to go back, order by order: of which payment, how much, and why (docs/decisions/0030)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID, uuid5

from parking_kernel.money import Money
from reservation_service.domain.charges import Charge, ChargeStatus


class RefundReason(StrEnum):
    """Why something goes back: nothing is owed for the payment, or the terms of cancellation say so."""

    NOT_OWED = "not_owed"
    WRONG_AMOUNT = "wrong_amount"
    TOO_LATE = "too_late"
    CANCELLED = "cancelled"
    OPERATOR = "operator"
    """The lot's operator cancelled the reservation, and gives everything back."""
    SUPPLY_CHANGE = "supply_change"
    """The spot, or the lot, is not there for the reservation any more."""
    CONVERTED = "converted"
    """Ordered before orders had names; the migration named the payment."""


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """An amount that has to go back of one payment. Payment carries it out once: its refund has the order's id."""

    id: UUID
    payment_id: UUID
    amount: Money
    reason: RefundReason


def next_order(earlier: Sequence[RefundOrder], payment_id: UUID, amount: Money, reason: RefundReason) -> RefundOrder:
    """The next order of a payment, after `earlier` ones of its reservation.

    Its id follows from the payment and its number among the payment's orders, so the same history has the same ids.
    """
    number = 1 + sum(1 for each in earlier if each.payment_id == payment_id)
    return RefundOrder(uuid5(payment_id, f"refund-order-{number}"), payment_id, amount, reason)


def distributed(
    earlier: Sequence[RefundOrder], charges: Sequence[Charge], total: Money, reason: RefundReason
) -> Sequence[RefundOrder]:
    """`total`, which goes back of what was paid, as orders of the payments: the newest charge's first.

    A payment gives what its charge was paid with and no earlier order has, so that none is asked for more than it took.
    The newest is the one that its provider and its card can still give back.
    """
    orders: list[RefundOrder] = []
    left = total.amount
    for charge in reversed(charges):
        if charge.status is not ChargeStatus.PAID or charge.paid_by is None:
            continue
        ordered = sum(each.amount.amount for each in earlier if each.payment_id == charge.paid_by)
        amount = min(left, charge.amount.amount - ordered)
        if amount > 0:
            orders.append(next_order(earlier, charge.paid_by, Money(amount, total.currency), reason))
            left -= amount
    return orders
