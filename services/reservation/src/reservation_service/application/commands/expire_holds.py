"""Expire overdue holds."""

from dataclasses import dataclass

from parking_kernel.askers import THE_SERVICE
from reservation_service.application.ports import OpenWork, SpotRequest

_BATCH = 50


@dataclass(frozen=True, slots=True)
class ExpireHolds:
    """The timer came round, or a driver wants the time that overdue holds stand in the way of (`wanted`)."""

    wanted: SpotRequest | None = None


@dataclass(frozen=True, slots=True)
class ExpireHoldsHandler:
    """Expires holds, a batch in each transaction; one batch is enough for a request, which looks again.

    A hold that fell due after the last moment up to which payment's events were consumed waits, and so does one of a
    reservation whose events Kafka refuses: with Kafka or payment's relay away, what was paid must not expire.
    """

    open_work: OpenWork

    async def __call__(self, command: ExpireHolds) -> int:
        """How many expired."""
        total = 0
        while True:
            expired = await self._expire(command.wanted)
            total += expired
            if command.wanted or expired < _BATCH:
                return total

    async def _expire(self, wanted: SpotRequest | None) -> int:
        async with self.open_work(THE_SERVICE) as work:
            now = await work.time.now()
            watermark = await work.payment_watermark.read()
            due_by = min(now, watermark.until)
            overdue = await work.reservations.overdue(due_by, _BATCH, wanted, held=watermark.held)
            for reservation in overdue:
                reservation.expire(now)
                await work.timetable.release(reservation.state.id)
                await work.reservations.save(reservation)
        return len(overdue)
