"""Which payments have to give how much back, so that in the end a reservation's `refund_due` is refunded."""

from collections.abc import Sequence
from uuid import UUID

from payment_service.domain.charges import ChargeStatus, Dues
from payment_service.domain.payment_states import PaymentState


def plan_refunds(dues: Dues, payments: Sequence[PaymentState]) -> list[tuple[UUID, int]]:
    """What is missing between what is due and what goes back already: the desired state, so asking twice is harmless.

    Money that nothing is owed for goes first, then the newest.
    """
    captured = [payment for payment in payments if payment.is_captured]
    missing = dues.refund_due.amount - sum(payment.returning for payment in captured)
    plan: list[tuple[UUID, int]] = []
    for payment in sorted(captured, key=lambda each: _preference(dues, each)):
        amount = min(missing, payment.refundable)
        if amount > 0:
            plan.append((payment.id, amount))
            missing -= amount
    return plan


def _preference(dues: Dues, payment: PaymentState) -> tuple[bool, float]:
    is_needed = dues.status_of(payment.charge.id) is ChargeStatus.PAID
    return is_needed, -payment.requested_at.timestamp()
