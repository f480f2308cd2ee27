"""One transaction."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from parking_kernel.askers import Asker
from parking_kernel.repeatable import Answers
from payment_service.application.ports.audit import InvariantAudit
from payment_service.application.ports.due_work import DueWork
from payment_service.application.ports.payments import CapturedAmounts, Payments
from payment_service.application.ports.provider import Comparisons, Webhooks
from payment_service.application.ports.reservations import RefundOrders, ReservationAmountsDue


@dataclass(frozen=True, slots=True)
class Work:
    """One transaction's repositories."""

    answers: Answers
    payments: Payments
    due_work: DueWork
    webhooks: Webhooks
    amounts_due: ReservationAmountsDue
    refund_orders: RefundOrders
    audit: InvariantAudit
    captured_amounts: CapturedAmounts
    comparisons: Comparisons


OpenWork = Callable[[Asker], AbstractAsyncContextManager[Work]]
"""Opens a transaction in somebody's name, which commits when its block ends, and rolls back when the block raises."""
