"""Delete the answers of old requests."""

from dataclasses import dataclass
from datetime import timedelta

from parking_kernel.askers import THE_SERVICE
from parking_kernel.batches import until_all
from reservation_service.application.ports import OpenWork

_STORED_FOR = timedelta(days=7)
_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class PurgeAnswers:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class PurgeAnswersHandler:
    """An answer is stored for seven days. They go batch by batch, so that no statement locks many rows for long."""

    open_work: OpenWork

    async def __call__(self, _command: PurgeAnswers) -> int:
        """How many were deleted."""
        return await until_all(self._purge, _BATCH)

    async def _purge(self, limit: int) -> int:
        async with self.open_work(THE_SERVICE) as work:
            return await work.answers.purge(_STORED_FOR, limit)
