"""Note how far payment's events were taken in, when a hold waits for that."""

from dataclasses import dataclass

from reservation_service.application.ports import OpenWork, PaymentBacklog, PaymentOutbox
from reservation_service.domain.incoming_payments import TakenIn


@dataclass(frozen=True, slots=True)
class NotePaymentsSeen:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class NotePaymentsSeenHandler:
    """Asks payment what it has not published, then Kafka what is not taken in, but only while some hold is due.

    The instant is read before the questions: what payment commits afterwards is none of it. Payment comes first: what
    it has published by its answer is in Kafka, where the second question finds it. Neither is a call on a write path:
    bookings go by what was noted.
    """

    open_work: OpenWork
    outbox: PaymentOutbox
    backlog: PaymentBacklog

    async def __call__(self, _command: NotePaymentsSeen) -> None:
        """Changes nothing while payment or Kafka is away, or while something is left."""
        async with self.open_work() as work:
            at = await work.time.now()
            hold_is_due = await work.reservations.hold_is_overdue(at)
        if not hold_is_due:
            return
        outbox = await self.outbox.state()
        if outbox.is_clear and await self.backlog.is_taken_in():
            async with self.open_work() as work:
                await work.payments_seen.note(TakenIn(at, outbox.held_reservations))
