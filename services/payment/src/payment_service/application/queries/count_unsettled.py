"""How much money is in the wrong place, for those who ask often: the worker's own look logs each one."""

from dataclasses import dataclass
from datetime import timedelta

from parking_kernel.askers import THE_SERVICE
from parking_kernel.clocks import Clock
from payment_service.application.ports import OpenWork


@dataclass(frozen=True, slots=True)
class CountUnsettled:
    """`patience` is how long reservation and refunds may take."""

    patience: timedelta


@dataclass(frozen=True, slots=True)
class CountUnsettledHandler:
    """Counts what `FindUnsettledPayments` and `FindUnsettledOrders` find."""

    open_work: OpenWork
    clock: Clock

    async def __call__(self, query: CountUnsettled) -> tuple[int, int]:
        """Captured payments that settle nothing, and refund orders that are neither paid nor closed."""
        before = self.clock.now() - query.patience
        async with self.open_work(THE_SERVICE) as work:
            payments = await work.audit.unsettled(before)
            orders = await work.audit.unsettled_orders(before)
        return len(payments), len(orders)
