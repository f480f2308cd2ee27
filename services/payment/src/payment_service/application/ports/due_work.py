"""What has to be asked of the provider, and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class DueRefund:
    """A refund that is to be sent."""

    payment_id: UUID
    refund_id: UUID


class DueWork(Protocol):
    """Payments to reconcile and refunds to send. What is claimed comes again if nobody settles it by then."""

    async def claim_payments(self, at: datetime, until: datetime, limit: int) -> Sequence[UUID]:
        """Payments to reconcile with the provider, which nobody else gets before `until`."""
        ...

    async def claim_refunds(self, at: datetime, until: datetime, limit: int) -> Sequence[DueRefund]:
        """Refunds to be sent, or tried again, which nobody else gets before `until`."""
        ...

    async def reconcile_at(self, payment_id: UUID, at: datetime | None) -> None:
        """When a payment is to be reconciled next; never where it is settled."""
        ...
