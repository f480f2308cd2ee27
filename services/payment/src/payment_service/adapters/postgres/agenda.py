"""What has to be asked of the provider, and when."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from payment_service.adapters.postgres.tables import payments, refunds
from payment_service.application.ports import DueRefund


class PostgresAgenda:
    """See `payment_service.application.ports.Agenda`. A claim is a due time that is moved on."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def claim_payments(self, at: datetime, until: datetime, limit: int) -> Sequence[UUID]:
        """Payments to look after, which nobody else gets before `until`."""
        due = (
            select(payments.c.id)
            .where(payments.c.look_at <= at)
            .order_by(payments.c.look_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        statement = update(payments).where(payments.c.id.in_(due)).values(look_at=until).returning(payments.c.id)
        return (await self._connection.execute(statement)).scalars().all()

    async def look_again(self, payment_id: UUID, at: datetime | None) -> None:
        """When a payment is to be looked after next; never where it is settled."""
        await self._connection.execute(update(payments).where(payments.c.id == payment_id).values(look_at=at))

    async def claim_refunds(self, at: datetime, until: datetime, limit: int) -> Sequence[DueRefund]:
        """Refunds to be sent, or tried again, which nobody else gets before `until`."""
        due = (
            select(refunds.c.id)
            .where(refunds.c.due_at <= at)
            .order_by(refunds.c.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        statement = (
            update(refunds)
            .where(refunds.c.id.in_(due))
            .values(due_at=until)
            .returning(refunds.c.payment_id, refunds.c.id)
        )
        return [DueRefund(*row) for row in await self._connection.execute(statement)]
