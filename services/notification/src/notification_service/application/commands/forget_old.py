"""Forget what nobody needs any more."""

from dataclasses import dataclass
from datetime import timedelta

from notification_service.application.ports import OpenWork
from notification_service.domain import rooms
from parking_kernel.clocks import Clock

_BATCH = 5_000
_DELIVERIES_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ForgetOld:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class ForgetOldHandler:
    """Room events after 24 hours, deliveries that ended after 30 days, tickets that nobody used."""

    open_work: OpenWork
    clock: Clock

    async def __call__(self, _command: ForgetOld) -> int:
        """How many rows went, at most a batch of each kind."""
        now = self.clock.now()
        async with self.open_work() as work:
            events = await work.room_events.forget(now - rooms.KEPT, _BATCH)
        async with self.open_work() as work:
            deliveries = await work.deliveries.forget(now - _DELIVERIES_KEPT, _BATCH)
            return events + deliveries + await work.tickets.forget(now, _BATCH)
