"""What operators said when they cancelled reservations, in PostgreSQL."""

from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from reservation_service.adapters.postgres.tables import operator_cancellations
from reservation_service.domain.cancellation import OperatorCancellation, OperatorRefund


class PostgresOperatorCancellations:
    """See `reservation_service.application.ports.OperatorCancellations`. Who adds one has locked the reservation."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, cancellation: OperatorCancellation) -> None:
        """Store one."""
        values = {
            "reservation_id": cancellation.reservation_id,
            "cancelled_by": cancellation.cancelled_by,
            "reason": cancellation.reason,
            "refund": cancellation.refund.value,
            "cancelled_at": cancellation.cancelled_at,
        }
        await self._connection.execute(insert(operator_cancellations).values(values))

    async def of(self, reservation_id: UUID) -> OperatorCancellation | None:
        """That of a reservation; none where no operator cancelled it."""
        mine = operator_cancellations.c.reservation_id == reservation_id
        row = (await self._connection.execute(select(operator_cancellations).where(mine))).first()
        if row is None:
            return None
        refund = OperatorRefund(row.refund)
        return OperatorCancellation(row.reservation_id, row.cancelled_by, row.reason, refund, row.cancelled_at)
