"""Payments in PostgreSQL."""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select, text, tuple_, update
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.dialects.postgresql import insert

from parking_chassis.units_of_work import Transaction
from parking_kernel.concurrency import ChangedMeanwhile
from parking_kernel.pages import Position
from parking_messaging.tracing import current_trace
from payment_service.adapters.postgres.refund_orders import PostgresRefundOrders
from payment_service.adapters.postgres.rows import (
    Row,
    entry_row,
    payment_of,
    payment_row,
    posting_rows,
    refund_row,
)
from payment_service.adapters.postgres.tables import ledger_entries, ledger_postings, payments, refunds
from payment_service.domain.errors import UnknownPayment
from payment_service.domain.parked_reports import ParkedReport
from payment_service.domain.payment_states import PaymentFilter, PaymentState
from payment_service.domain.payments import Payment
from payment_service.domain.refund_orders import RefundOrder

_log = logging.getLogger(__name__)
HAS_REPORTS = text("payments.parked <> '[]'")


class PostgresPayments:
    """See `payment_service.application.ports.Payments`."""

    def __init__(self, transaction: Transaction[Payment]) -> None:
        self._connection = transaction.connection
        self._changes = transaction.changes

    async def add(self, payment: Payment) -> bool:
        """Save a new payment, and the trace of the request that began it; false where its charge has a live one."""
        values = payment_row(payment.state) | {"trace": current_trace()}
        statement = insert(payments).values(values).on_conflict_do_nothing()
        is_added = (await self._connection.execute(statement)).rowcount == 1
        if is_added:
            self._changes.saved(payment)
        return is_added

    async def get(self, payment_id: UUID) -> Payment:
        """One payment, locked until the transaction ends. Raises `UnknownPayment`."""
        found = await self._all(select(payments).where(payments.c.id == payment_id).with_for_update())
        if not found:
            raise UnknownPayment(payment_id)
        return self._changes.loaded(Payment(found[0]))

    async def read(self, payment_id: UUID) -> PaymentState:
        """One payment, not locked. Raises `UnknownPayment`."""
        found = await self._all(select(payments).where(payments.c.id == payment_id))
        if not found:
            raise UnknownPayment(payment_id)
        return found[0]

    async def by_intent(self, intent_id: str) -> Payment | None:
        """The payment of an intent, locked until the transaction ends."""
        found = await self._all(select(payments).where(payments.c.intent_id == intent_id).with_for_update())
        return self._changes.loaded(Payment(found[0])) if found else None

    async def live_of_charge(self, charge_id: UUID) -> PaymentState | None:
        """The one payment of a charge that is not cancelled."""
        found = await self._all(select(payments).where(payments.c.charge_id == charge_id, payments.c.is_live))
        return found[0] if found else None

    async def of_reservations(self, reservation_ids: Collection[UUID]) -> Sequence[Payment]:
        """All payments of some reservations, locked in the order of their ids."""
        theirs = payments.c.reservation_id.in_(reservation_ids)
        found = await self._all(select(payments).where(theirs).order_by(payments.c.id).with_for_update())
        return [self._changes.loaded(Payment(state)) for state in found]

    async def save(self, payment: Payment) -> None:
        """Save a changed payment, its refunds and refund orders, and what it booked. Raises `ChangedMeanwhile`."""
        state, loaded = payment.state, payment.loaded
        if state == loaded:
            return
        mine = (payments.c.id == state.id) & (payments.c.version == loaded.version)
        if (await self._connection.execute(update(payments).where(mine).values(payment_row(state)))).rowcount != 1:
            raise ChangedMeanwhile("payment")
        if state.refunds != loaded.refunds:
            await self._save_refunds(state)
        if orders := [order for order in state.orders if order not in loaded.orders]:
            await PostgresRefundOrders(self._connection).save(orders, loaded.orders)
        if parked := [report for report in state.parked if report.is_open and report not in loaded.parked]:
            self._report_when_committed(state, parked)
        if payment.entries:
            await self._connection.execute(insert(ledger_entries), [entry_row(each) for each in payment.entries])
            rows = [row for each in payment.entries for row in posting_rows(each)]
            await self._connection.execute(insert(ledger_postings), rows)
        self._changes.saved(payment)

    async def with_open_reports(self) -> Sequence[PaymentState]:
        """The payments of which the provider said another amount, where nobody has settled it."""
        found = await self._all(select(payments).where(HAS_REPORTS).order_by(payments.c.id))
        return [state for state in found if state.has_open_reports]

    async def of_user(
        self, user_id: UUID, wanted: PaymentFilter, after: Position | None, limit: int
    ) -> Sequence[PaymentState]:
        """Those wanted of a driver's payments, the newest first, after a position."""
        return await self._page([payments.c.user_id == user_id, *_matching(wanted)], after, limit)

    async def of_organization(
        self, organization_id: UUID, wanted: PaymentFilter, after: Position | None, limit: int
    ) -> Sequence[PaymentState]:
        """Those wanted of an organization's payments, the newest first, after a position."""
        return await self._page([payments.c.organization_id == organization_id, *_matching(wanted)], after, limit)

    def _report_when_committed(self, state: PaymentState, parked: Sequence[ParkedReport]) -> None:
        def report(_connection: object) -> None:
            for each in parked:
                about = {"payment_id": str(state.id), "provider_id": each.object_id}
                amounts = {"said": str(each.said), "expected": str(state.charge.amount)}
                _log.error("the provider tells of another amount than the charge's", extra={**about, **amounts})

        sqlalchemy_event.listen(self._connection.sync_connection, "commit", report, once=True)

    async def _save_refunds(self, state: PaymentState) -> None:
        statement = insert(refunds)
        changed = {
            column.name: statement.excluded[column.name]
            for column in refunds.c
            if column.name not in {"id", "payment_id"}
        }
        rows = [refund_row(refund, state.id, place) for place, refund in enumerate(state.refunds)]
        await self._connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changed), rows)

    async def _page(
        self, wanted: Sequence[ColumnElement[bool]], after: Position | None, limit: int
    ) -> Sequence[PaymentState]:
        newest_first = (payments.c.requested_at.desc(), payments.c.id.desc())
        statement = select(payments).where(*wanted).order_by(*newest_first).limit(limit)
        if after:
            statement = statement.where(tuple_(payments.c.requested_at, payments.c.id) < after)
        return await self._all(statement)

    async def _all(self, statement: Select[Any]) -> list[PaymentState]:
        rows = (await self._connection.execute(statement)).mappings().all()
        captured = [row["id"] for row in rows if row["succeeded_at"]]
        refunds_of, orders_of = await self._refunds_of(captured), await self._orders_of(captured)
        return [payment_of(row, refunds_of[row["id"]], orders_of[row["id"]]) for row in rows]

    async def _orders_of(self, payment_ids: Sequence[UUID]) -> dict[UUID, list[RefundOrder]]:
        found: dict[UUID, list[RefundOrder]] = defaultdict(list)
        if payment_ids:
            for order in await PostgresRefundOrders(self._connection).of_payments(payment_ids):
                found[order.payment_id].append(order)
        return found

    async def _refunds_of(self, payment_ids: Sequence[UUID]) -> dict[UUID, list[Row]]:
        found: dict[UUID, list[Row]] = defaultdict(list)
        if payment_ids:
            statement = select(refunds).where(refunds.c.payment_id.in_(payment_ids)).order_by(refunds.c.place)
            for row in (await self._connection.execute(statement)).mappings():
                found[row["payment_id"]].append(row)
        return found


def _matching(wanted: PaymentFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.status is not None:
        yield payments.c.status == wanted.status.value
    if wanted.reservation_id is not None:
        yield payments.c.reservation_id == wanted.reservation_id
    if wanted.parking_lot_id is not None:
        yield payments.c.parking_lot_id == wanted.parking_lot_id
    if wanted.since is not None:
        yield payments.c.requested_at >= wanted.since
    if wanted.until is not None:
        yield payments.c.requested_at < wanted.until
