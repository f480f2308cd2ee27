"""Add up what changed in the number of open logins, so that reading it stays cheap."""

from dataclasses import dataclass

from auth_service.application.ports import OpenWork
from parking_kernel.askers import THE_SERVICE
from parking_kernel.batches import until_all

_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class SumUpLoginCount:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class SumUpLoginCountHandler:
    """Puts one change in the place of many, a batch in a transaction."""

    open_work: OpenWork

    async def __call__(self, _command: SumUpLoginCount) -> None:
        """Until less than a batch is left."""
        await until_all(self._sum_up, _BATCH)

    async def _sum_up(self, limit: int) -> int:
        async with self.open_work(THE_SERVICE) as work:
            return await work.logins.sum_up_count(limit)
