"""What is still to come back of a reservation that is cancelled."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

_BEFORE = frozenset({"not_owed", "wrong_amount", "too_late", "converted"})
"""Reasons of orders that no cancellation gave."""


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """An amount that reservation has ordered back of one payment, in the currency's minor unit."""

    id: UUID
    payment_id: UUID
    amount: int
    reason: str


@dataclass(frozen=True, slots=True)
class Refund:
    """Money of a payment that went back, or is on its way; the refund of an order has the order's id."""

    id: UUID
    amount: int
    has_arrived: bool


@dataclass(frozen=True, slots=True)
class PaymentCopy:
    """What was paid, and how much of it goes back, as payment last published it.

    Of one that is disputed the bank has the money: nobody can give it back.
    """

    id: UUID
    amount: int
    is_disputed: bool
    refunds: tuple[Refund, ...]
    version: int


def still_to_come(orders: Sequence[RefundOrder], payments: Mapping[UUID, PaymentCopy]) -> int:
    """How much a cancelled reservation's orders still bring.

    An order of before the cancellation is left out once its refund has arrived. One that the cancellation gave counts
    in any case: its refund may arrive before the driver is told. No payment gives more than it took, less what others
    gave back of it. Orders on a payment that is not known (yet) count in full.
    """
    of_payment: dict[UUID, list[RefundOrder]] = defaultdict(list)
    for order in orders:
        of_payment[order.payment_id].append(order)
    return sum(_of_payment(theirs, payments.get(payment_id)) for payment_id, theirs in of_payment.items())


def _of_payment(orders: Sequence[RefundOrder], payment: PaymentCopy | None) -> int:
    if payment is None:
        return sum(order.amount for order in orders)
    if payment.is_disputed:
        return 0
    arrived = {refund.id for refund in payment.refunds if refund.has_arrived}
    coming = {order.id: order.amount for order in orders if order.reason not in _BEFORE or order.id not in arrived}
    taken = sum(refund.amount for refund in payment.refunds if refund.id not in coming)
    return min(sum(coming.values()), max(0, payment.amount - taken))
