"""What has to hold of money, asked of the tables themselves: of what is open, and once a day of everything.

`payments_to_settle` and `refund_orders_to_settle` have what is open. Triggers write them in the transaction of each
change (migration 0009), whichever program makes it. What changes while it is being closed stays open: a row that
is locked by a change is passed over, and one whose `changes` went on since the snapshot is not deleted, since what it
was judged by is older than the change.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from payment_service.adapters.postgres.rows import order_of
from payment_service.application.ports import Reopened, UnsettledPayment
from payment_service.domain.refund_orders import RefundOrder

MOST = 100
FIRST = UUID(int=0)

# Each row is looked up by its id. A plain join would read a whole table where PostgreSQL believes that much is open, as
# it does before it has first looked at these small tables.
OPEN_PAYMENTS = """
        payments_to_settle s
        CROSS JOIN LATERAL (SELECT * FROM payments WHERE id = s.payment_id LIMIT 1) p
        LEFT JOIN LATERAL (SELECT * FROM reservation_dues WHERE reservation_id = p.reservation_id LIMIT 1) d ON true
"""
OPEN_ORDERS = """
        refund_orders_to_settle s
        CROSS JOIN LATERAL (SELECT * FROM refund_orders WHERE id = s.order_id LIMIT 1) o
        LEFT JOIN LATERAL (SELECT * FROM refunds WHERE id = o.id LIMIT 1) r ON true
"""

# Of a payment p and the copy d of its reservation. What a lost dispute took is given back too.
PAYMENT_IS_SETTLED = """(
    coalesce(d.charges @> jsonb_build_array(jsonb_build_object('id', p.charge_id::text, 'status', 'paid')), false)
    OR p.amount <= CASE WHEN p.dispute_status IN ('open', 'lost') THEN p.dispute_amount ELSE 0 END
        + coalesce((SELECT sum(r.amount) FROM refunds r WHERE r.payment_id = p.id AND r.status = 'succeeded'), 0)
)"""

# Of an order o and its refund r.
ORDER_IS_AS_DECIDED = """(
    o.refunded = CASE WHEN r.status = 'failed' AND r.due_at IS NULL THEN 0 ELSE coalesce(r.amount, 0) END
    AND coalesce(r.payment_id = o.payment_id, true)
)"""
ORDER_IS_SETTLED = f"""(
    o.decided_at IS NOT NULL AND {ORDER_IS_AS_DECIDED} AND (o.refunded = 0 OR r.status = 'succeeded')
)"""

# Newest first, so that what went wrong today is seen among old ones.
UNSETTLED = text(
    f"""
    SELECT p.id, p.reservation_id
    FROM {OPEN_PAYMENTS}
    WHERE p.succeeded_at < :before AND NOT {PAYMENT_IS_SETTLED}
    ORDER BY p.succeeded_at DESC
    LIMIT :most
    """  # noqa: S608 - of our own constants
)

# A refund that is not as decided is wrong at once. One that waits for a dispute may wait for weeks.
UNSETTLED_ORDERS = text(
    f"""
    SELECT o.*
    FROM {OPEN_ORDERS}
    WHERE NOT {ORDER_IS_SETTLED}
        AND CASE
            WHEN o.decided_at IS NULL THEN o.ordered_at < :before
            WHEN {ORDER_IS_AS_DECIDED} THEN o.decided_at < :before
            ELSE true
        END
        AND NOT EXISTS (SELECT FROM payments p WHERE p.id = o.payment_id AND p.dispute_status = 'open')
    ORDER BY o.ordered_at DESC
    LIMIT :most
    """  # noqa: S608 - of our own constants
)

CLOSE_PAYMENTS = text(
    f"""
    WITH settled AS (
        SELECT s.payment_id, s.changes
        FROM {OPEN_PAYMENTS}
        WHERE {PAYMENT_IS_SETTLED}
        LIMIT :limit
        FOR UPDATE OF s SKIP LOCKED
    )
    DELETE FROM payments_to_settle s USING settled
    WHERE s.payment_id = settled.payment_id AND s.changes = settled.changes
    """  # noqa: S608 - of our own constants
)

CLOSE_ORDERS = text(
    f"""
    WITH settled AS (
        SELECT s.order_id, s.changes
        FROM {OPEN_ORDERS}
        WHERE {ORDER_IS_SETTLED}
        LIMIT :limit
        FOR UPDATE OF s SKIP LOCKED
    )
    DELETE FROM refund_orders_to_settle s USING settled
    WHERE s.order_id = settled.order_id AND s.changes = settled.changes
    """  # noqa: S608 - of our own constants
)

REOPEN_PAYMENTS = text(
    f"""
    WITH batch AS MATERIALIZED (
        SELECT * FROM payments WHERE id > :after ORDER BY id LIMIT :limit
    ), missed AS (
        INSERT INTO payments_to_settle (payment_id)
        SELECT p.id FROM batch p LEFT JOIN reservation_dues d ON d.reservation_id = p.reservation_id
        WHERE p.succeeded_at IS NOT NULL AND NOT {PAYMENT_IS_SETTLED}
        ON CONFLICT DO NOTHING
        RETURNING payment_id
    )
    SELECT (SELECT id FROM batch ORDER BY id DESC LIMIT 1) AS last, ARRAY(SELECT payment_id FROM missed) AS missed
    """  # noqa: S608 - of our own constants
)

REOPEN_ORDERS = text(
    f"""
    WITH batch AS MATERIALIZED (
        SELECT * FROM refund_orders WHERE id > :after ORDER BY id LIMIT :limit
    ), missed AS (
        INSERT INTO refund_orders_to_settle (order_id)
        SELECT o.id FROM batch o LEFT JOIN refunds r ON r.id = o.id
        WHERE NOT {ORDER_IS_SETTLED}
        ON CONFLICT DO NOTHING
        RETURNING order_id
    )
    SELECT (SELECT id FROM batch ORDER BY id DESC LIMIT 1) AS last, ARRAY(SELECT order_id FROM missed) AS missed
    """  # noqa: S608 - of our own constants
)


class PostgresInvariantAudit:
    """See `payment_service.application.ports.InvariantAudit`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def unsettled(self, before: datetime) -> Sequence[UnsettledPayment]:
        """Open payments captured before an instant that neither settle a charge nor are given back in full."""
        found = await self._connection.execute(UNSETTLED, {"before": before, "most": MOST})
        return [UnsettledPayment(*row) for row in found]

    async def unsettled_orders(self, before: datetime) -> Sequence[RefundOrder]:
        """Open orders from before an instant that wait, or have not arrived, or whose refund is not as decided."""
        found = await self._connection.execute(UNSETTLED_ORDERS, {"before": before, "most": MOST})
        return [order_of(row) for row in found.mappings()]

    async def close_payments(self, limit: int) -> int:
        """Close at most `limit` open payments that are settled; how many."""
        return (await self._connection.execute(CLOSE_PAYMENTS, {"limit": limit})).rowcount

    async def close_orders(self, limit: int) -> int:
        """Close at most `limit` open refund orders that are settled; how many."""
        return (await self._connection.execute(CLOSE_ORDERS, {"limit": limit})).rowcount

    async def reopen_payments(self, after: UUID | None, limit: int) -> Reopened:
        """Look through the next `limit` payments, settled or not, and open those that should have been open."""
        return await self._reopen(REOPEN_PAYMENTS, after, limit)

    async def reopen_orders(self, after: UUID | None, limit: int) -> Reopened:
        """Look through the next `limit` refund orders, settled or not, and open those that should have been open."""
        return await self._reopen(REOPEN_ORDERS, after, limit)

    async def _reopen(self, statement: TextClause, after: UUID | None, limit: int) -> Reopened:
        row = (await self._connection.execute(statement, {"after": after or FIRST, "limit": limit})).one()
        return Reopened(row.last, row.missed)
