"""Let the search know for longer when lots are open."""

from dataclasses import dataclass

from parking_kernel.askers import THE_SERVICE
from parking_kernel.batches import until_all
from parking_service.application.ports import OpenWork

_BATCH = 500


@dataclass(frozen=True, slots=True)
class ExtendOpenPeriods:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class ExtendOpenPeriodsHandler:
    """Works out the next weeks for lots whose known weeks run out."""

    open_work: OpenWork

    async def __call__(self, _command: ExtendOpenPeriods) -> int:
        """How many lots there were; a batch in each transaction, until none is left."""
        return await until_all(self._extend, _BATCH)

    async def _extend(self, limit: int) -> int:
        async with self.open_work(THE_SERVICE) as work:
            return await work.lots.extend_open_periods(limit)
