"""Close what is settled, so that the questions about money read what is open alone."""

from dataclasses import dataclass

from parking_kernel.askers import THE_SERVICE
from parking_kernel.batches import until_all
from payment_service.application.ports import OpenWork

_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class CloseSettled:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class CloseSettledHandler:
    """Closes payments that pay for something or went back, and refund orders that arrived as decided."""

    open_work: OpenWork

    async def __call__(self, _command: CloseSettled) -> int:
        """How many of both."""
        return await until_all(self._payments, _BATCH) + await until_all(self._orders, _BATCH)

    async def _payments(self, limit: int) -> int:
        async with self.open_work(THE_SERVICE) as work:
            return await work.audit.close_payments(limit)

    async def _orders(self, limit: int) -> int:
        async with self.open_work(THE_SERVICE) as work:
            return await work.audit.close_orders(limit)
