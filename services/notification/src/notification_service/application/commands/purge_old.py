"""Delete what nobody needs any more."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from notification_service.application.ports import OpenWork, Work
from notification_service.domain import rooms
from parking_kernel.batches import until_all_in
from parking_kernel.clocks import Clock

_BATCH = 5_000
_DELIVERIES_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class PurgeOld:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class PurgeOldHandler:
    """Room events after 24 hours, deliveries that ended after 30 days, tickets that nobody used.

    A batch of one kind is one transaction, so nobody waits for long; it goes on until nothing is left.
    """

    open_work: OpenWork
    clock: Clock

    async def __call__(self, _command: PurgeOld) -> int:
        """How many rows went."""
        now = self.clock.now()
        events = await self._purge(lambda work, limit: work.room_events.purge(now - rooms.KEPT, limit))
        deliveries = await self._purge(lambda work, limit: work.deliveries.purge(now - _DELIVERIES_KEPT, limit))
        return events + deliveries + await self._purge(lambda work, limit: work.tickets.purge(now, limit))

    async def _purge(self, purge: Callable[[Work, int], Awaitable[int]]) -> int:
        return await until_all_in(self.open_work, purge, _BATCH)
