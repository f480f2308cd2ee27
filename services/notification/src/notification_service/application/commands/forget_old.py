"""Forget what nobody needs any more."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from notification_service.application.ports import OpenWork, Work
from notification_service.domain import rooms
from parking_kernel.clocks import Clock

_BATCH = 5_000
_DELIVERIES_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ForgetOld:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class ForgetOldHandler:
    """Room events after 24 hours, deliveries that ended after 30 days, tickets that nobody used.

    A batch of one kind is one transaction, so nobody waits for long; it goes on until nothing is left.
    """

    open_work: OpenWork
    clock: Clock

    async def __call__(self, _command: ForgetOld) -> int:
        """How many rows went."""
        now = self.clock.now()
        events = await self._purge(lambda work: work.room_events.forget(now - rooms.KEPT, _BATCH))
        deliveries = await self._purge(lambda work: work.deliveries.forget(now - _DELIVERIES_KEPT, _BATCH))
        return events + deliveries + await self._purge(lambda work: work.tickets.forget(now, _BATCH))

    async def _purge(self, batch: Callable[[Work], Awaitable[int]]) -> int:
        deleted = 0
        while True:
            async with self.open_work() as work:
                gone = await batch(work)
            deleted += gone
            if gone < _BATCH:
                return deleted
