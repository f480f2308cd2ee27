"""Add up what was captured, so that the sum of all is read from few rows."""

from dataclasses import dataclass

from parking_kernel.askers import THE_SERVICE
from parking_kernel.batches import until_all
from payment_service.application.ports import OpenWork

_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class SumUpCaptured:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class SumUpCapturedHandler:
    """Replaces the amounts of single captures by their sums."""

    open_work: OpenWork

    async def __call__(self, _command: SumUpCaptured) -> int:
        """How many amounts were added up."""
        return await until_all(self._sum_up, _BATCH)

    async def _sum_up(self, limit: int) -> int:
        async with self.open_work(THE_SERVICE) as work:
            return await work.captured_amounts.sum_up(limit)
