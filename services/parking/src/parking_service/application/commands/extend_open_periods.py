"""Let the search know for longer when lots are open."""

from dataclasses import dataclass
from functools import partial
from uuid import UUID

from parking_kernel.askers import THE_SERVICE
from parking_kernel.batches import Attempts
from parking_service.application.ports import OpenWork

_BATCH = 500


@dataclass(frozen=True, slots=True)
class ExtendOpenPeriods:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class ExtendOpenPeriodsHandler:
    """Works out the next weeks for lots whose known weeks run out, each in a transaction of its own.

    One that fails is tried again later, and holds up none of those behind it.
    """

    open_work: OpenWork
    attempts: Attempts
    batch: int = _BATCH

    async def __call__(self, _command: ExtendOpenPeriods) -> int:
        """For how many lots it was done."""
        after, extended = None, 0
        while True:
            async with self.open_work(THE_SERVICE) as work:
                found = await work.lots.open_periods_run_out(after, self.batch)
            for lot_id in found:
                extended += await self.attempts.attempt(lot_id, partial(self._extend, lot_id))
            if len(found) < self.batch:
                return extended
            after = found[-1]

    async def _extend(self, lot_id: UUID) -> bool:
        async with self.open_work(THE_SERVICE) as work:
            return await work.lots.extend_open_periods(lot_id)
