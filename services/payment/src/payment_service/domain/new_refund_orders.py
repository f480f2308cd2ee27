"""Which orders an event of a reservation brings that are not known yet."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid5

from parking_kernel.money import Money
from payment_service.domain.charges import AmountsDue, ChargeStatus, NamedRefund
from payment_service.domain.payment_states import PaymentState
from payment_service.domain.refund_orders import RefundOrder

UNNAMED = "reservation"
"""The reason of an order whose payment was named here, since the event gave the sum alone."""


def new_orders(
    due: AmountsDue, known: Sequence[RefundOrder], payments: Sequence[PaymentState], at: datetime
) -> Sequence[RefundOrder]:
    """The orders of an event that are not among the `known` ones of its reservation: for a repeated event none."""
    if due.refund_orders is None:
        return _converted(due, known, payments, at)
    return _named(due.reservation_id, due.refund_orders, known, at)


def earlier_orders(payment: PaymentState) -> Sequence[RefundOrder]:
    """Orders for the refunds that the release before made by the sum alone: it stored no orders, and may still run."""
    known_ids = {order.id for order in payment.orders}
    return [
        RefundOrder(
            id=refund.id,
            reservation_id=payment.charge.reservation_id,
            payment_id=payment.id,
            amount=payment.charge.amount.of_same_currency(refund.amount),
            reason=UNNAMED,
            ordered_at=refund.requested_at,
            place=place,
            is_named=False,
            refunded=refund.amount,
            decided_at=refund.requested_at,
        ).follow(0 if refund.is_given_up else refund.amount, is_disputed=bool(payment.disputed_away))
        for place, refund in enumerate(payment.refunds)
        if refund.reason == UNNAMED and refund.id not in known_ids
    ]


def total_of(orders: Sequence[RefundOrder]) -> int:
    """For how much of `refund_due` some orders of a reservation stand."""
    return sum(order.amount.amount - order.given_before for order in orders)


def contradicted(due: AmountsDue, known: Sequence[RefundOrder]) -> Sequence[UUID]:
    """Known orders that an event describes otherwise. An order never changes: the first word counts."""
    first = {order.id: (order.payment_id, order.amount) for order in known}
    return [
        each.id
        for each in due.refund_orders or ()
        if each.id in first and first[each.id] != (each.payment_id, each.amount)
    ]


def _named(
    reservation_id: UUID, named: Sequence[NamedRefund], known: Sequence[RefundOrder], at: datetime
) -> Sequence[RefundOrder]:
    """What was refunded by the sum alone counts for the first orders: those are the names of the same money."""
    known_ids = {order.id for order in known}
    given = sum(order.refunded for order in known if not order.is_named) - sum(order.given_before for order in known)
    orders: list[RefundOrder] = []
    for place, each in enumerate(named):
        if each.id in known_ids:
            continue
        before = max(0, min(given, each.amount.amount))
        given -= before
        order = RefundOrder(
            id=each.id,
            reservation_id=reservation_id,
            payment_id=each.payment_id,
            amount=each.amount,
            reason=each.reason,
            ordered_at=at,
            place=place,
            given_before=before,
            decided_at=at if before == each.amount.amount else None,
        )
        orders.append(order)
    return orders


def _converted(
    due: AmountsDue, known: Sequence[RefundOrder], payments: Sequence[PaymentState], at: datetime
) -> Sequence[RefundOrder]:
    """An event of release 0.1 gives the sum alone: what no order stands for becomes orders of captured payments.

    Payments that nothing is owed for come first, then the newest. The ids follow from the payment and the number of its
    orders, so that the same history has the same ids.
    """
    missing = due.refund_due.amount - total_of(known)
    earlier = _by_payment(known)
    orders: list[RefundOrder] = []
    for payment in sorted((each for each in payments if each.is_captured), key=lambda each: _preference(due, each)):
        amount = min(missing, payment.charge.amount.amount - total_of(earlier[payment.id]))
        if amount <= 0:
            continue
        order = RefundOrder(
            id=uuid5(payment.id, f"unnamed-refund-{len(earlier[payment.id]) + 1}"),
            reservation_id=due.reservation_id,
            payment_id=payment.id,
            amount=Money(amount, due.refund_due.currency),
            reason=UNNAMED,
            ordered_at=at,
            place=len(orders),
            is_named=False,
        )
        orders.append(order)
        missing -= amount
    return orders


def _preference(due: AmountsDue, payment: PaymentState) -> tuple[bool, float]:
    is_needed = due.status_of(payment.charge.id) is ChargeStatus.PAID
    return is_needed, -payment.requested_at.timestamp()


def _by_payment(orders: Sequence[RefundOrder]) -> Mapping[UUID, Sequence[RefundOrder]]:
    found = defaultdict[UUID, list[RefundOrder]](list)
    for order in orders:
        found[order.payment_id].append(order)
    return found
