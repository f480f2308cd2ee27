"""Reservation told what it owes."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from parking_kernel.clocks import Clock, NewId
from payment_service.application.ports import Work
from payment_service.domain.charges import Dues
from payment_service.domain.payments import Payment
from payment_service.domain.refund_plan import plan_refunds

REASON = "reservation"


@dataclass(frozen=True, slots=True)
class FollowReservations:
    """Reservations as they now are; of several versions of one the newest counts."""

    dues: Sequence[Dues]


@dataclass(frozen=True, slots=True)
class FollowReservationsHandler:
    """Keeps the copies, records the refunds that are missing, and has the intents withdrawn that nobody waits for.

    It compares what should be with what is, so that a repeated event, or one that was skipped, does no harm. The worker
    does the calls.
    """

    clock: Clock
    new_id: NewId

    async def __call__(self, work: Work, event: FollowReservations) -> None:
        """Work in the consumer's transaction. An older version than the kept one changes nothing."""
        newest = {each.reservation_id: each for each in sorted(event.dues, key=lambda each: each.version)}
        if not (changed := await work.dues.keep(newest.values())):
            return
        payments = defaultdict[UUID, list[Payment]](list)
        for payment in await work.payments.of_reservations(changed):
            payments[payment.state.charge.reservation_id].append(payment)
        now = self.clock.now()
        for reservation_id, its_payments in payments.items():
            await self._follow(work, newest[reservation_id], its_payments, now)

    async def _follow(self, work: Work, dues: Dues, payments: Sequence[Payment], now: datetime) -> None:
        by_id = {each.state.id: each for each in payments}
        for payment_id, amount in plan_refunds(dues, [each.state for each in payments]):
            by_id[payment_id].request_refund(self.new_id(), amount, REASON, now)
        for payment in payments:
            if not dues.still_wants(payment.state.charge.id) and payment.request_cancel(now):
                await work.agenda.look_again(payment.state.id, now)
            await work.payments.save(payment)
            await work.events.publish(payment)
