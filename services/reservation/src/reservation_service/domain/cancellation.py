"""Cancelling: what goes back, and what an operator says who cancels."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from parking_kernel.money import Money


@dataclass(frozen=True, slots=True)
class CancellationTerm:
    """Until so many hours before the start, so many percent go back."""

    until_hours_before: int
    refund_percent: int


class OperatorRefund(StrEnum):
    """What an operator who cancels gives back of what was paid."""

    FULL = "full"
    BY_TERMS = "by_terms"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class OperatorCancellation:
    """That an operator cancelled a reservation, and why: `reason` is the text that its driver reads."""

    reservation_id: UUID
    cancelled_by: UUID
    reason: str
    refund: OperatorRefund
    cancelled_at: datetime

    def says(self, reason: str, refund: OperatorRefund) -> bool:
        """Whether the same is said again."""
        return (self.reason, self.refund) == (reason, refund)


DEFAULT_TERMS = (CancellationTerm(1, 100), CancellationTerm(0, 50))


def refundable(paid: Money, starts_at: datetime, now: datetime, terms: Sequence[CancellationTerm]) -> Money:
    """What goes back of what was paid: by the most generous term that is still open, else nothing."""
    still_open = [term.refund_percent for term in terms if now <= starts_at - timedelta(hours=term.until_hours_before)]
    return paid.share(max(still_open, default=0))
