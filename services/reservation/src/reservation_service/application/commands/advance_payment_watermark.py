"""Note how far payment's events were consumed, when a hold waits for that."""

from dataclasses import dataclass

from parking_kernel.askers import THE_SERVICE
from reservation_service.application.ports import OpenWork, PaymentBacklog, PaymentOutbox
from reservation_service.domain.incoming_payments import TakenIn


@dataclass(frozen=True, slots=True)
class AdvancePaymentWatermark:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class AdvancePaymentWatermarkHandler:
    """Asks payment what it has not published, then Kafka what is not consumed, but only while some hold is due.

    The instant is read before the questions: what payment commits afterwards is none of it. Payment comes first: what
    it has published by its answer is in Kafka, where the second question finds it. Neither is a call on a write path:
    bookings go by the watermark.
    """

    open_work: OpenWork
    outbox: PaymentOutbox
    backlog: PaymentBacklog

    async def __call__(self, _command: AdvancePaymentWatermark) -> None:
        """Changes nothing while payment or Kafka is away, or while something is left."""
        async with self.open_work(THE_SERVICE) as work:
            at = await work.time.now()
            hold_is_due = await work.reservations.hold_is_overdue(at)
        if not hold_is_due:
            return
        outbox = await self.outbox.state()
        if outbox.is_clear and await self.backlog.is_taken_in():
            async with self.open_work(THE_SERVICE) as work:
                await work.payment_watermark.advance(TakenIn(at, outbox.held_reservations))
