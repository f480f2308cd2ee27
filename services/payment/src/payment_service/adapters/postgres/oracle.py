"""What has to hold, asked of the tables themselves."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from payment_service.adapters.postgres.rows import order_of
from payment_service.adapters.postgres.tables import ledger_entries, refunds
from payment_service.application.ports import UnsettledPayment
from payment_service.domain.ledger import EntryKind
from payment_service.domain.refund_orders import RefundOrder
from payment_service.domain.refunds import RefundStatus

MOST = 100

# What a lost dispute took is given back too. Newest first, so that what went wrong today is seen among old ones.
UNSETTLED = text(
    """
    SELECT p.id, p.reservation_id
    FROM payments p
    LEFT JOIN reservation_dues d ON d.reservation_id = p.reservation_id
    WHERE p.succeeded_at < :before
        AND NOT coalesce(
            d.charges @> jsonb_build_array(jsonb_build_object('id', p.charge_id::text, 'status', 'paid')), false
        )
        AND p.amount > CASE WHEN p.dispute_status IN ('open', 'lost') THEN p.dispute_amount ELSE 0 END
            + coalesce((SELECT sum(r.amount) FROM refunds r WHERE r.payment_id = p.id AND r.status = 'succeeded'), 0)
    ORDER BY p.succeeded_at DESC
    LIMIT :most
    """
)

# Indexes have what waits and what has not arrived; whether refunds are as decided is asked of the last two days.
UNSETTLED_ORDERS = text(
    """
    WITH suspects AS (
        SELECT o.* FROM refund_orders o WHERE o.decided_at IS NULL AND o.ordered_at < :before
        UNION
        SELECT o.* FROM refunds r JOIN refund_orders o ON o.id = r.id
        WHERE r.status <> 'succeeded' AND o.refunded > 0 AND o.decided_at < :before
        UNION
        SELECT o.* FROM refund_orders o LEFT JOIN refunds r ON r.id = o.id
        WHERE o.decided_at >= CAST(:before AS timestamptz) - interval '2 days' AND (
            r.payment_id <> o.payment_id
            OR o.refunded <> CASE WHEN r.status = 'failed' AND r.due_at IS NULL THEN 0 ELSE coalesce(r.amount, 0) END)
    )
    SELECT suspects.*
    FROM suspects
    LEFT JOIN payments p ON p.id = suspects.payment_id AND p.dispute_status = 'open'
    WHERE p.id IS NULL
    ORDER BY suspects.ordered_at DESC
    LIMIT :most
    """
)


class PostgresOracle:
    """See `payment_service.application.ports.Oracle`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def unsettled(self, before: datetime) -> Sequence[UnsettledPayment]:
        """Payments captured before an instant that neither settle a charge nor are given back in full."""
        found = await self._connection.execute(UNSETTLED, {"before": before, "most": MOST})
        return [UnsettledPayment(*row) for row in found]

    async def unsettled_orders(self, before: datetime) -> Sequence[RefundOrder]:
        """Refund orders from before an instant that wait, or have not arrived, or whose refund is not as decided."""
        found = await self._connection.execute(UNSETTLED_ORDERS, {"before": before, "most": MOST})
        return [order_of(row) for row in found.mappings()]

    async def stuck_refunds(self) -> int:
        """How many refunds failed at least once and have not arrived."""
        has_not_arrived = refunds.c.status != RefundStatus.SUCCEEDED.value
        has_failed = (refunds.c.attempt > 1) | (refunds.c.status == RefundStatus.FAILED.value)
        is_tried = refunds.c.due_at.is_not(None) | refunds.c.provider_id.is_not(None)
        statement = select(func.count()).select_from(refunds).where(has_not_arrived, has_failed, is_tried)
        return (await self._connection.execute(statement)).scalar_one()

    async def captured(self) -> Mapping[str, int]:
        """All money ever captured, in minor units, by currency."""
        statement = (
            select(ledger_entries.c.currency, func.sum(ledger_entries.c.gross))
            .where(ledger_entries.c.kind == EntryKind.PAYMENT.value)
            .group_by(ledger_entries.c.currency)
        )
        return {currency: int(amount) for currency, amount in await self._connection.execute(statement)}
