"""Let overdue holds go."""

from dataclasses import dataclass

from reservation_service.application.ports import OpenWork, Wish

_BATCH = 50


@dataclass(frozen=True, slots=True)
class ExpireHolds:
    """The timer came round, or someone wants the time that overdue holds stand in the way of (`wanted`)."""

    wanted: Wish | None = None


@dataclass(frozen=True, slots=True)
class ExpireHoldsHandler:
    """Expires holds, a batch in each transaction; one batch is enough for who wants a spot, and looks again.

    A hold that fell due after the last moment up to which payment's events were taken in waits, and so does one of a
    reservation whose events Kafka refuses: with Kafka or payment's relay away, what was paid must not expire.
    """

    open_work: OpenWork

    async def __call__(self, command: ExpireHolds) -> int:
        """How many were let go."""
        total = 0
        while True:
            expired = await self._expire(command.wanted)
            total += expired
            if command.wanted or expired < _BATCH:
                return total

    async def _expire(self, wanted: Wish | None) -> int:
        async with self.open_work() as work:
            now = await work.time.now()
            seen = await work.payments_seen.read()
            overdue = await work.reservations.overdue(min(now, seen.until), _BATCH, wanted, held=seen.held)
            for reservation in overdue:
                reservation.expire(now)
                await work.allocations.free(reservation.state.id)
                await work.reservations.save(reservation)
            await work.events.publish(*overdue)
        return len(overdue)
