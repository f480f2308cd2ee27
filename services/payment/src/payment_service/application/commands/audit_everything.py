"""The complete audit: look through all payments and refund orders for what should be open and is not."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from parking_kernel.askers import THE_SERVICE
from payment_service.application.ports import OpenWork, Reopened

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AuditEverything:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class AuditEverythingHandler:
    """Opens what was missed, so that the questions about money see it from then on; each batch is a transaction.

    The database opens whatever changes. This is for what changes behind its back: a restored table, a trigger that was
    switched off, a fault in its rules.
    """

    open_work: OpenWork
    batch: int = 5_000

    async def __call__(self, _command: AuditEverything) -> int:
        """How many were missed."""
        payments = await self._look_through(self._payments, "payment_id")
        return payments + await self._look_through(self._orders, "refund_order_id")

    async def _look_through(self, reopen: Callable[[UUID | None], Awaitable[Reopened]], id_name: str) -> int:
        missed, batch = 0, await reopen(None)
        while batch.last is not None:
            for each in batch.missed:
                _log.error("what is unsettled was not known to be open", extra={id_name: str(each)})
            missed += len(batch.missed)
            batch = await reopen(batch.last)
        return missed

    async def _payments(self, after: UUID | None) -> Reopened:
        async with self.open_work(THE_SERVICE) as work:
            return await work.audit.reopen_payments(after, self.batch)

    async def _orders(self, after: UUID | None) -> Reopened:
        async with self.open_work(THE_SERVICE) as work:
            return await work.audit.reopen_orders(after, self.batch)
