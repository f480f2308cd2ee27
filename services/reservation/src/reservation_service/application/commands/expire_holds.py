"""Let overdue holds go."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from reservation_service.application.ports import OpenWork, Wish

_BATCH = 200


@dataclass(frozen=True, slots=True)
class ExpireHolds:
    """The timer came round, or someone wants the time that overdue holds stand in the way of (`wanted`)."""

    wanted: Wish | None = None


@dataclass(frozen=True, slots=True)
class ExpireHoldsHandler:
    """Expires each hold in a transaction of its own.

    A hold that fell due after the last moment up to which payment's events were taken in waits: with Kafka away, what
    was paid must not expire.
    """

    open_work: OpenWork

    async def __call__(self, command: ExpireHolds) -> int:
        """How many were let go."""
        return sum([await self._expire(each) for each in await self._due(command.wanted)])

    async def _due(self, wanted: Wish | None) -> Sequence[UUID]:
        async with self.open_work() as work:
            due_before = min(await work.time.now(), await work.payments_seen.until())
            if wanted is None:
                return await work.reservations.overdue(due_before, _BATCH)
            return await work.reservations.overdue_within(wanted.parking_lot_id, wanted.period, due_before)

    async def _expire(self, reservation_id: UUID) -> bool:
        async with self.open_work() as work:
            reservation = await work.reservations.get(reservation_id)
            expired = reservation.expire(await work.time.now())
            if expired:
                await work.allocations.free(reservation_id)
                await work.reservations.save(reservation)
                await work.events.publish(reservation)
        return expired
