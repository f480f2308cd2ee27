"""Purge old answers and old notes of messages."""

from dataclasses import dataclass
from datetime import timedelta

from parking_kernel.askers import THE_SERVICE
from parking_kernel.batches import until_all
from parking_kernel.repeatable import purge_answers
from payment_service.application.ports import OpenWork

_WEBHOOKS_STORED = timedelta(days=60)
"""Longer than the provider repeats a message, or lets anyone send one again (30 days)."""


@dataclass(frozen=True, slots=True)
class PurgeOld:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class PurgeOldHandler:
    """What is stored for repeated requests and messages goes when none can come any more, a `batch` at a time."""

    open_work: OpenWork
    batch: int = 1_000

    async def __call__(self, _command: PurgeOld) -> int:
        """How many were purged."""
        return await purge_answers(self.open_work, self.batch) + await until_all(self._webhooks, self.batch)

    async def _webhooks(self, limit: int) -> int:
        async with self.open_work(THE_SERVICE) as work:
            return await work.webhooks.purge(_WEBHOOKS_STORED, limit)
