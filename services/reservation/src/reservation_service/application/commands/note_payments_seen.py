"""Note how far payment's events were taken in, when a hold waits for that."""

from dataclasses import dataclass

from reservation_service.application.ports import OpenWork, PaymentBacklog


@dataclass(frozen=True, slots=True)
class NotePaymentsSeen:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class NotePaymentsSeenHandler:
    """Asks Kafka whether anything is left to take in, but only while some hold is due.

    The instant is read before the question: what is told afterwards is none of it.
    """

    open_work: OpenWork
    backlog: PaymentBacklog

    async def __call__(self, _command: NotePaymentsSeen) -> None:
        """Changes nothing while Kafka is away, or while something is left."""
        async with self.open_work() as work:
            at = await work.time.now()
            hold_is_due = await work.reservations.hold_is_overdue(at)
        if hold_is_due and await self.backlog.is_empty():
            async with self.open_work() as work:
                await work.payments_seen.note(at)
