"""What goes back when a driver cancels."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from parking_kernel.money import Money


@dataclass(frozen=True, slots=True)
class CancellationTerm:
    """Until so many hours before the start, so many percent go back."""

    until_hours_before: int
    refund_percent: int


DEFAULT_TERMS = (CancellationTerm(1, 100), CancellationTerm(0, 50))


def refundable(paid: Money, starts_at: datetime, now: datetime, terms: Sequence[CancellationTerm]) -> Money:
    """What goes back of what was paid: by the most generous term that is still open, else nothing."""
    still_open = [term.refund_percent for term in terms if now <= starts_at - timedelta(hours=term.until_hours_before)]
    return paid.share(max(still_open, default=0))
