"""Reservation told what it owes."""

from dataclasses import dataclass

from payment_service.application.ports import Clock, NewId, Work
from payment_service.domain.charges import Dues
from payment_service.domain.refund_plan import plan_refunds

REASON = "reservation"


@dataclass(frozen=True, slots=True)
class FollowReservation:
    """A reservation as it now is."""

    dues: Dues


@dataclass(frozen=True, slots=True)
class FollowReservationHandler:
    """Keeps the copy, records the refunds that are missing, and has the intents withdrawn that nobody waits for.

    It compares what should be with what is, so that a repeated event, or one that was skipped, does no harm. The worker
    does the calls.
    """

    clock: Clock
    new_id: NewId

    async def __call__(self, work: Work, event: FollowReservation) -> None:
        """Work in the consumer's transaction. An older version than the kept one changes nothing."""
        if not await work.dues.keep(event.dues):
            return
        now = self.clock.now()
        payments = {each.state.id: each for each in await work.payments.of_reservation(event.dues.reservation_id)}
        for payment_id, amount in plan_refunds(event.dues, [each.state for each in payments.values()]):
            payments[payment_id].request_refund(self.new_id(), amount, REASON, now)
        for payment in payments.values():
            if not event.dues.still_wants(payment.state.charge.id) and payment.request_cancel(now):
                await work.agenda.look_again(payment.state.id, now)
            await work.payments.save(payment)
            await work.events.publish(payment)
