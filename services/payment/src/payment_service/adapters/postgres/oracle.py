"""What has to hold, asked of the tables themselves."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from payment_service.adapters.postgres.rows import order_of
from payment_service.adapters.postgres.tables import captured_amounts
from payment_service.application.ports import UnsettledPayment
from payment_service.domain.refund_orders import RefundOrder

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

# What another worker is adding up is passed over, so nothing is counted twice; the sums are the same before and after.
SUM_UP = text(
    """
    WITH chosen AS (
        SELECT id FROM captured_amounts ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
    ), gone AS (
        DELETE FROM captured_amounts WHERE id IN (SELECT id FROM chosen) RETURNING currency, amount
    ), kept AS (
        INSERT INTO captured_amounts (currency, amount) SELECT currency, sum(amount) FROM gone GROUP BY currency
    )
    SELECT count(*) FROM gone
    """
)
# By literals, for which the partial index of what has not arrived can be used.
STUCK = text(
    """
    SELECT count(*) FROM refunds
    WHERE status <> 'succeeded' AND (attempt > 1 OR status = 'failed')
        AND (due_at IS NOT NULL OR provider_id IS NOT NULL)
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
        return (await self._connection.execute(STUCK)).scalar_one()

    async def sum_up_captured(self, limit: int) -> int:
        """Add up what was captured since the last time; how many amounts, up to `limit`."""
        return (await self._connection.execute(SUM_UP, {"limit": limit})).scalar_one()

    async def captured(self) -> Mapping[str, int]:
        """All money ever captured, in minor units, by currency."""
        amounts = captured_amounts.c
        statement = select(amounts.currency, func.sum(amounts.amount)).group_by(amounts.currency)
        return {currency: int(amount) for currency, amount in await self._connection.execute(statement)}
