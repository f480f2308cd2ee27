"""What has to hold of money, asked of the tables themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from payment_service.domain.refund_orders import RefundOrder


@dataclass(frozen=True, slots=True)
class UnsettledPayment:
    """Money that was captured, pays for nothing, and was not given back."""

    payment_id: UUID
    reservation_id: UUID


@dataclass(frozen=True, slots=True)
class Reopened:
    """What came of a batch of a complete audit: its last id, none after the end, and what was missed in it."""

    last: UUID | None
    missed: Sequence[UUID]


class InvariantAudit(Protocol):
    """What has to hold, and what of it is open.

    A captured payment is open until the reservation's copy says that its charge is paid, or it is given back in full; a
    refund order until it is decided and its refund has arrived as decided. The database opens what is captured or
    ordered, and again what stops to be so, in the transaction of the change; the audit closes what is settled. So its
    questions read what is open, not history.
    """

    async def unsettled(self, before: datetime) -> Sequence[UnsettledPayment]:
        """Open payments captured before an instant that neither settle a charge nor are given back in full."""
        ...

    async def unsettled_orders(self, before: datetime) -> Sequence[RefundOrder]:
        """Open orders from before an instant that wait, or have not arrived, or whose refund is not as decided."""
        ...

    async def close_payments(self, limit: int) -> int:
        """Close at most `limit` open payments that are settled; how many."""
        ...

    async def close_orders(self, limit: int) -> int:
        """Close at most `limit` open refund orders that are settled; how many."""
        ...

    async def reopen_payments(self, after: UUID | None, limit: int) -> Reopened:
        """Look through the next `limit` payments, settled or not, and open those that should have been open."""
        ...

    async def reopen_orders(self, after: UUID | None, limit: int) -> Reopened:
        """Look through the next `limit` refund orders, settled or not, and open those that should have been open."""
        ...
