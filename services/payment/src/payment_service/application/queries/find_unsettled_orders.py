"""The promise about refunds, asked of the tables: each order is paid once, from its own payment, or closed."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from parking_kernel.askers import THE_SERVICE
from parking_kernel.clocks import Clock
from payment_service.application.ports import OpenWork
from payment_service.domain.refund_orders import RefundOrder

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FindUnsettledOrders:
    """The timer came round; `patience` is how long a refund may take."""

    patience: timedelta


@dataclass(frozen=True, slots=True)
class FindUnsettledOrdersHandler:
    """Logs each one as an error: somebody has to look."""

    open_work: OpenWork
    clock: Clock

    async def __call__(self, query: FindUnsettledOrders) -> Sequence[RefundOrder]:
        """Orders that are neither. One whose payment is being disputed waits for that, and is none of them."""
        async with self.open_work(THE_SERVICE) as work:
            found = await work.audit.unsettled_orders(self.clock.now() - query.patience)
        for each in found:
            _log.error("refund order is unsettled", extra=each.ids)
        return found
