"""A reservation changed: what it owes, and what has to go back."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from parking_kernel.clocks import Clock
from payment_service.application.ports import Work
from payment_service.domain.charges import AmountsDue
from payment_service.domain.new_refund_orders import contradicted, earlier_orders, new_orders, total_of
from payment_service.domain.payments import Payment
from payment_service.domain.refund_orders import RefundOrder

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FollowReservations:
    """Reservations as they now are; of several versions of one the newest counts."""

    reservations: Sequence[AmountsDue]


@dataclass(frozen=True, slots=True)
class FollowReservationsHandler:
    """Saves the copies, carries out the refund orders that are new, and withdraws the intents that nobody waits for.

    An order is known by its id, so that a repeated event, or one that was skipped, does no harm. The worker does the
    calls.
    """

    clock: Clock

    async def __call__(self, work: Work, event: FollowReservations) -> None:
        """Work in the consumer's transaction. An older version than the stored one changes nothing."""
        for reservations in _in_turn(event.reservations):
            await self._take(work, reservations)

    async def _take(self, work: Work, reservations: Collection[AmountsDue]) -> None:
        if not (changed := await work.amounts_due.save(reservations)):
            return
        # In this order: the copies' rows are locked, so that nobody else follows the same reservations meanwhile.
        orders = await work.refund_orders.of_reservations(changed)
        payments = await work.payments.of_reservations(changed)
        now = self.clock.now()
        for each in reservations:
            if each.reservation_id in changed:
                known = [order for order in orders if order.reservation_id == each.reservation_id]
                its = [one for one in payments if one.state.charge.reservation_id == each.reservation_id]
                await self._follow(work, each, known, its, now)

    async def _follow(
        self, work: Work, due: AmountsDue, known: Sequence[RefundOrder], payments: Sequence[Payment], now: datetime
    ) -> None:
        for payment in payments:
            for earlier in earlier_orders(payment.state):
                payment.take_order(earlier, now)
                known = [*known, earlier]
        orders = new_orders(due, known, [each.state for each in payments], now)
        _check(due, known, orders)
        by_id = {each.state.id: each for each in payments}
        for order in orders:
            if payment := by_id.get(order.payment_id):
                payment.take_order(order, now)
            else:
                _log.error("refund order waits, as its payment is not known", extra=order.ids)
                await work.refund_orders.add(order)
        for payment in payments:
            if not due.still_wants(payment.state.charge.id) and payment.request_cancel(now):
                await work.due_work.reconcile_at(payment.state.id, now)
            await work.payments.save(payment)


def _in_turn(reservations: Sequence[AmountsDue]) -> Sequence[Collection[AmountsDue]]:
    """The newest of each reservation; before it, where it names its orders, the newest that gives the sum alone.

    So what was due before orders had names is converted before their names come.
    """
    by_version = sorted(reservations, key=lambda each: each.version)
    newest = {each.reservation_id: each for each in by_version}
    unnamed = {each.reservation_id: each for each in by_version if each.refund_orders is None}
    overtaken = [each for each in unnamed.values() if newest[each.reservation_id].refund_orders is not None]
    return [each for each in (overtaken, newest.values()) if each]


def _check(due: AmountsDue, known: Sequence[RefundOrder], orders: Sequence[RefundOrder]) -> None:
    for order_id in contradicted(due, known):
        about = {"refund_order_id": str(order_id), "reservation_id": str(due.reservation_id)}
        _log.error("refund order differs from its first terms", extra=about)
    missing = due.refund_due.amount - total_of(known) - total_of(orders)
    if missing > 0:
        about = {"reservation_id": str(due.reservation_id), "amount": missing, "currency": due.refund_due.currency}
        _log.error("reservation wants money back of no payment that is known", extra=about)
