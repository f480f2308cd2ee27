"""The inbox in PostgreSQL."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Select, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.adapters.postgres.tables import notifications as inbox
from notification_service.domain.errors import UnknownNotification
from notification_service.domain.notifications import (
    Details,
    InboxFilter,
    Notification,
    NotificationKind,
    NotificationState,
)
from parking_kernel.concurrency import ChangedMeanwhile
from parking_kernel.money import Money
from parking_kernel.pages import Position
from parking_messaging.tracing import trace_of_event


class PostgresNotifications:
    """See `notification_service.application.ports.Notifications`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, notifications: Sequence[Notification]) -> Collection[UUID]:
        """Store new ones; the ids of those whose event did not notify that user before. The others are not stored.

        Each is stored with its event's trace: its mail is sent later.
        """
        if not notifications:
            return set()
        once = (
            insert(inbox)
            .on_conflict_do_nothing(index_elements=[inbox.c.event_id, inbox.c.user_id])
            .returning(inbox.c.id)
        )
        rows = [_row(each.state) | {"trace": trace_of_event(each.state.event_id)} for each in notifications]
        found = await self._connection.execute(once, rows)
        return set(found.scalars())

    async def get(self, notification_id: UUID) -> Notification:
        """One, to be changed. Raises `UnknownNotification`."""
        return Notification(await self._one(_by_id(notification_id).with_for_update(key_share=True), notification_id))

    async def read(self, notification_id: UUID) -> NotificationState:
        """One, as it is. Raises `UnknownNotification`."""
        return await self._one(_by_id(notification_id), notification_id)

    async def save(self, notification: Notification) -> None:
        """Store a changed one. Raises `ChangedMeanwhile`."""
        state = notification.state
        if state.version == notification.loaded_version:
            return
        mine = (inbox.c.id == state.id) & (inbox.c.version == notification.loaded_version)
        if (await self._connection.execute(update(inbox).where(mine).values(_row(state)))).rowcount != 1:
            raise ChangedMeanwhile("notification")

    async def of_user(
        self, user_id: UUID, wanted: InboxFilter, after: Position | None, limit: int
    ) -> Sequence[NotificationState]:
        """Those wanted of a user's, the newest first, after a position."""
        statement = (
            select(inbox)
            .where(inbox.c.user_id == user_id, *_matching(wanted))
            .order_by(inbox.c.created_at.desc(), inbox.c.id.desc())
            .limit(limit)
        )
        if after:
            statement = statement.where(tuple_(inbox.c.created_at, inbox.c.id) < after)
        return [_state(row) for row in (await self._connection.execute(statement)).mappings()]

    async def _one(self, statement: Select[Any], notification_id: UUID) -> NotificationState:
        row = (await self._connection.execute(statement)).mappings().first()
        if row is None:
            raise UnknownNotification(notification_id)
        return _state(row)


def _matching(wanted: InboxFilter) -> Iterator[ColumnElement[bool]]:
    """The conditions, each as the index for it has it."""
    if wanted.is_unread is not None:
        yield inbox.c.read_at.is_(None) if wanted.is_unread else inbox.c.read_at.is_not(None)
    if wanted.kind is not None:
        yield inbox.c.kind == wanted.kind.value
    if wanted.since is not None:
        yield inbox.c.created_at >= wanted.since
    if wanted.until is not None:
        yield inbox.c.created_at < wanted.until


def _by_id(notification_id: UUID) -> Select[Any]:
    return select(inbox).where(inbox.c.id == notification_id)


def _row(state: NotificationState) -> dict[str, Any]:
    details = state.details
    return {
        "id": state.id,
        "user_id": state.user_id,
        "kind": state.kind.value,
        "parking_lot_id": details.parking_lot_id,
        "reservation_id": details.reservation_id,
        "amount": details.amount.amount,
        "currency": details.amount.currency,
        "spot_number": details.spot_number,
        "starts_at": details.starts_at,
        "ends_at": details.ends_at,
        "reason": details.reason,
        "previous_spot_number": details.previous_spot_number,
        "held_until": details.held_until,
        "operator_reason": details.operator_reason,
        "event_id": state.event_id,
        "created_at": state.created_at,
        "read_at": state.read_at,
        "version": state.version,
    }


def _state(row: RowMapping) -> NotificationState:
    return NotificationState(
        id=row["id"],
        user_id=row["user_id"],
        kind=NotificationKind(row["kind"]),
        details=Details(
            parking_lot_id=row["parking_lot_id"],
            reservation_id=row["reservation_id"],
            amount=Money(row["amount"], row["currency"]),
            spot_number=row["spot_number"],
            starts_at=row["starts_at"],
            ends_at=row["ends_at"],
            reason=row["reason"],
            previous_spot_number=row["previous_spot_number"],
            held_until=row["held_until"],
            operator_reason=row["operator_reason"],
        ),
        event_id=row["event_id"],
        created_at=row["created_at"],
        read_at=row["read_at"],
        version=row["version"],
    )
