"""See to it that what is available now follows time: bookings begin and end, sensors fall silent."""

from dataclasses import dataclass

from parking_kernel.askers import THE_SERVICE
from parking_service.application.ports import OpenWork

_BATCH = 100


@dataclass(frozen=True, slots=True)
class RecountFreeSpots:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class RecountFreeSpotsHandler:
    """Works out again what is available in the lots that are due, a batch in each transaction."""

    open_work: OpenWork
    batch: int = _BATCH

    async def __call__(self, _command: RecountFreeSpots) -> int:
        """For how many lots it was done."""
        total = 0
        while True:
            async with self.open_work(THE_SERVICE) as work:
                due = await work.occupancy.due_for_recount(self.batch)
                await work.occupancy.recount(due)
            total += len(due)
            if len(due) < self.batch:
                return total
