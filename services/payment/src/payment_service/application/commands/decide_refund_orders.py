"""Decide refund orders that wait, and need not any more."""

from dataclasses import dataclass

from parking_kernel.askers import THE_SERVICE
from parking_kernel.clocks import Clock
from payment_service.application.ports import OpenWork

_BATCH = 50


@dataclass(frozen=True, slots=True)
class DecideRefundOrders:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class DecideRefundOrdersHandler:
    """Carries out orders whose payment became known after them, so that none is lost. Each has its transaction."""

    open_work: OpenWork
    clock: Clock

    async def __call__(self, _command: DecideRefundOrders) -> int:
        """Of how many payments."""
        async with self.open_work(THE_SERVICE) as work:
            waiting = await work.refund_orders.to_decide(_BATCH)
        for payment_id in waiting:
            async with self.open_work(THE_SERVICE) as work:
                payment = await work.payments.get(payment_id)
                payment.decide_orders(self.clock.now())
                await work.payments.save(payment)
        return len(waiting)
