"""Delete the bookings that are over."""

from dataclasses import dataclass

from parking_kernel.batches import until_all_in
from parking_kernel.clocks import Clock
from parking_service.application.ports import OpenWork
from parking_service.domain import bookings

_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class PurgeBookings:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class PurgeBookingsHandler:
    """Deletes them batch by batch, a week after the last that was published of them."""

    open_work: OpenWork
    clock: Clock

    async def __call__(self, _command: PurgeBookings) -> int:
        """How many there were."""
        before = self.clock.now() - bookings.KEPT
        return await until_all_in(self.open_work, lambda work, limit: work.bookings.purge(before, limit), _BATCH)
