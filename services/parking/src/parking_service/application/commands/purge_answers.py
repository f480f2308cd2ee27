"""Delete stored answers of requests that will not be repeated."""

from dataclasses import dataclass
from datetime import timedelta

from parking_kernel.askers import THE_SERVICE
from parking_kernel.batches import until_all
from parking_service.application.ports import OpenWork

_STORED_FOR = timedelta(days=7)
_BATCH = 1000


@dataclass(frozen=True, slots=True)
class PurgeAnswers:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class PurgeAnswersHandler:
    """Deletes answers to requests with an `Idempotency-Key` that are older than a week."""

    open_work: OpenWork

    async def __call__(self, _command: PurgeAnswers) -> int:
        """How many there were; a batch in each transaction."""
        return await until_all(self._purge, _BATCH)

    async def _purge(self, limit: int) -> int:
        async with self.open_work(THE_SERVICE) as work:
            return await work.answers.purge(_STORED_FOR, limit)
