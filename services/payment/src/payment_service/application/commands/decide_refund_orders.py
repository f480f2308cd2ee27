"""Decide refund orders that wait, and need not any more."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from parking_kernel.askers import THE_SERVICE
from parking_kernel.batches import Attempts, attempt_all
from parking_kernel.clocks import Clock
from payment_service.application.ports import OpenWork


@dataclass(frozen=True, slots=True)
class DecideRefundOrders:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class DecideRefundOrdersHandler:
    """Carries out orders whose payment became known after them, each payment in a transaction of its own.

    A payment that fails is tried again later, and holds up none of those behind it.
    """

    open_work: OpenWork
    clock: Clock
    attempts: Attempts
    batch: int = 50

    async def __call__(self, _command: DecideRefundOrders) -> int:
        """Of how many payments."""
        return await attempt_all(self._waiting, self.batch, self._attempt)

    async def _waiting(self, after: UUID | None) -> Sequence[UUID]:
        async with self.open_work(THE_SERVICE) as work:
            return await work.refund_orders.to_decide(after, self.batch)

    async def _attempt(self, payment_id: UUID) -> bool:
        return await self.attempts.attempt(payment_id, partial(self._decide, payment_id))

    async def _decide(self, payment_id: UUID) -> bool:
        async with self.open_work(THE_SERVICE) as work:
            payment = await work.payments.get(payment_id)
            payment.decide_orders(self.clock.now())
            await work.payments.save(payment)
        return payment.state != payment.loaded
