"""What has to be asked of the provider, and when."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from parking_chassis.claims import ClaimQueue
from payment_service.adapters.postgres.tables import payments, refunds
from payment_service.application.ports import DueRefund

PAYMENTS = ClaimQueue(payments, "look_at", payments.c.look_at.is_not(None))
REFUNDS = ClaimQueue(refunds, "due_at", refunds.c.due_at.is_not(None))


class PostgresDueWork:
    """See `payment_service.application.ports.DueWork`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def claim_payments(self, at: datetime, until: datetime, limit: int) -> Sequence[UUID]:
        """Payments to reconcile with the provider, which nobody else gets before `until`."""
        return [row["id"] for row in await PAYMENTS.claim(self._connection, at=at, until=until, limit=limit)]

    async def claim_refunds(self, at: datetime, until: datetime, limit: int) -> Sequence[DueRefund]:
        """Refunds to be sent, or tried again, which nobody else gets before `until`."""
        claimed = await REFUNDS.claim(self._connection, at=at, until=until, limit=limit)
        return [DueRefund(row["payment_id"], row["id"]) for row in claimed]

    async def reconcile_at(self, payment_id: UUID, at: datetime | None) -> None:
        """When a payment is to be reconciled next; never where it is settled."""
        await self._connection.execute(update(payments).where(payments.c.id == payment_id).values(look_at=at))
