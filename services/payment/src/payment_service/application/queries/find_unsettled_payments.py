"""The promise itself, asked of the tables: captured money pays for a reservation, or goes back in full."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from parking_kernel.askers import THE_SERVICE
from parking_kernel.clocks import Clock
from payment_service.application.ports import OpenWork, UnsettledPayment

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FindUnsettledPayments:
    """The timer came round; `patience` is how long reservation and refunds may take."""

    patience: timedelta


@dataclass(frozen=True, slots=True)
class FindUnsettledPaymentsHandler:
    """Logs each one as an error: somebody has to look."""

    open_work: OpenWork
    clock: Clock

    async def __call__(self, query: FindUnsettledPayments) -> Sequence[UnsettledPayment]:
        """Payments that are neither."""
        async with self.open_work(THE_SERVICE) as work:
            found = await work.audit.unsettled(self.clock.now() - query.patience)
        for each in found:
            about = {"payment_id": str(each.payment_id), "reservation_id": str(each.reservation_id)}
            _log.error("captured money is unsettled", extra=about)
        return found
