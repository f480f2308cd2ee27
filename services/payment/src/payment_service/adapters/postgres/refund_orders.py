"""What reservations want back."""

import logging
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from payment_service.adapters import metrics
from payment_service.adapters.postgres.rows import order_of, order_row
from payment_service.adapters.postgres.tables import payments, refund_orders
from payment_service.domain.provider import DisputeStatus
from payment_service.domain.refund_orders import RefundOrder

_log = logging.getLogger(__name__)
IN_ORDER = (refund_orders.c.ordered_at, refund_orders.c.place, refund_orders.c.id)
TERMS = {"id", "reservation_id", "payment_id", "is_named", "currency", "amount", "reason", "ordered_at", "place"}


class PostgresRefundOrders:
    """See `payment_service.application.ports.RefundOrders`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def of_reservations(self, reservation_ids: Collection[UUID]) -> Sequence[RefundOrder]:
        """All orders of some reservations, also of payments that are not known."""
        theirs = refund_orders.c.reservation_id.in_(reservation_ids)
        statement = select(refund_orders).where(theirs).order_by(*IN_ORDER)
        return [order_of(row) for row in (await self._connection.execute(statement)).mappings()]

    async def of_payments(self, payment_ids: Collection[UUID]) -> Sequence[RefundOrder]:
        """All orders of some payments."""
        theirs = refund_orders.c.payment_id.in_(payment_ids)
        statement = select(refund_orders).where(theirs).order_by(*IN_ORDER)
        return [order_of(row) for row in (await self._connection.execute(statement)).mappings()]

    async def add(self, order: RefundOrder) -> None:
        """Save an order of a payment that is not known; one that is stored already stays as it is."""
        await self._connection.execute(insert(refund_orders).values(order_row(order)).on_conflict_do_nothing())

    async def save(self, orders: Collection[RefundOrder], earlier: Collection[RefundOrder]) -> None:
        """Save what came of orders, as they are and as they were. The terms of one never change."""
        statement = insert(refund_orders)
        outcome = {
            column.name: statement.excluded[column.name] for column in refund_orders.c if column.name not in TERMS
        }
        statement = statement.on_conflict_do_update(index_elements=["id"], set_=outcome)
        await self._connection.execute(statement, [order_row(order) for order in orders])
        known = {(order.id, reason) for order in earlier for reason in order.unpaid}
        closed = [(order, reason) for order in orders for reason in order.unpaid if (order.id, reason) not in known]
        if closed:
            self._when_committed(closed)

    def _when_committed(self, closed: Sequence[tuple[RefundOrder, str]]) -> None:
        def report(_connection: object) -> None:
            for order, reason in closed:
                metrics.UNPAID_ORDERS.labels(reason).inc()
                _log_closed(order, reason)

        sqlalchemy_event.listen(self._connection.sync_connection, "commit", report, once=True)

    async def to_decide(self, after: UUID | None, limit: int) -> Sequence[UUID]:
        """Payments of which orders wait that need not any more, by their ids, after one of them."""
        its = (
            (payments.c.id == refund_orders.c.payment_id)
            & (payments.c.reservation_id == refund_orders.c.reservation_id)
            & (payments.c.currency == refund_orders.c.currency)
        )
        statement = (
            select(refund_orders.c.payment_id)
            .join(payments, its)
            .where(
                refund_orders.c.decided_at.is_(None),
                payments.c.succeeded_at.is_not(None),
                payments.c.dispute_status.is_distinct_from(DisputeStatus.OPEN.value),
            )
            .distinct()
            .order_by(refund_orders.c.payment_id)
            .limit(limit)
        )
        if after:
            statement = statement.where(refund_orders.c.payment_id > after)
        return (await self._connection.execute(statement)).scalars().all()


def _log_closed(order: RefundOrder, reason: str) -> None:
    """That a driver gets less by this order is for people to know; that more was ordered than paid is an error."""
    about = {
        **order.ids,
        "reason": reason,
        "amount": order.amount.amount,
        "currency": order.amount.currency,
        "refunded": order.refunded,
    }
    level = logging.ERROR if reason == "exceeds_payment" else logging.WARNING
    _log.log(level, "refund order is closed with less than its amount", extra=about)
