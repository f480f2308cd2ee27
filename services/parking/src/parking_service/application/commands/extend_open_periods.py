"""Let the search know for longer when lots are open."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from parking_kernel.askers import THE_SERVICE
from parking_kernel.batches import Attempts, attempt_all
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
        return await attempt_all(self._run_out, self.batch, self._attempt)

    async def _run_out(self, after: UUID | None) -> Sequence[UUID]:
        async with self.open_work(THE_SERVICE) as work:
            return await work.lots.open_periods_run_out(after, self.batch)

    async def _attempt(self, lot_id: UUID) -> bool:
        return await self.attempts.attempt(lot_id, partial(self._extend, lot_id))

    async def _extend(self, lot_id: UUID) -> bool:
        async with self.open_work(THE_SERVICE) as work:
            return await work.lots.extend_open_periods(lot_id)
