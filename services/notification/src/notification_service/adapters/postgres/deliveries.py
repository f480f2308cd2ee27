"""The deliveries in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.adapters.postgres.tables import deliveries as queue
from notification_service.adapters.postgres.tables import notifications
from notification_service.domain.deliveries import Channel, Delivery, DeliveryState, DeliveryStatus, Failure
from notification_service.domain.notifications import NotificationKind
from parking_chassis.tables import is_among

PENDING = queue.c.status == DeliveryStatus.PENDING.value


class PostgresDeliveries:
    """See `notification_service.application.ports.Deliveries`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, deliveries: Sequence[Delivery]) -> None:
        """Keep new ones."""
        if deliveries:
            await self._connection.execute(insert(queue), [_row(each.state) for each in deliveries])

    async def claim(self, at: datetime, until: datetime, limit: int) -> Sequence[DeliveryState]:
        """Pending mails that are due, which nobody else gets before `until`."""
        due = (
            select(queue.c.id)
            .where(PENDING, queue.c.channel == Channel.EMAIL.value, queue.c.due_at <= at)
            .order_by(queue.c.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        statement = (
            update(queue)
            .where(queue.c.id.in_(due), notifications.c.id == queue.c.notification_id)
            .values(due_at=until)
            .returning(*queue.columns, notifications.c.trace)
        )
        return [_state(row) for row in (await self._connection.execute(statement)).mappings()]

    async def get(self, delivery_id: UUID) -> Delivery | None:
        """One, locked until the transaction ends; nothing when it was forgotten."""
        statement = select(queue).where(queue.c.id == delivery_id).with_for_update()
        row = (await self._connection.execute(statement)).mappings().first()
        return Delivery(_state(row)) if row else None

    async def save(self, delivery: Delivery) -> None:
        """Keep a changed one; `get` has locked it."""
        state = delivery.state
        await self._connection.execute(update(queue).where(queue.c.id == state.id).values(_row(state)))

    async def forget(self, before: datetime, limit: int) -> int:
        """Delete ones that ended before an instant; how many, at most `limit`."""
        ended = select(queue.c.id).where(~PENDING, queue.c.attempted_at < before)
        old = ended.order_by(queue.c.attempted_at).limit(limit)
        return (await self._connection.execute(delete(queue).where(is_among(queue.c.id, old)))).rowcount


def _row(state: DeliveryState) -> dict[str, object]:
    return {
        "id": state.id,
        "notification_id": state.notification_id,
        "user_id": state.user_id,
        "reservation_id": state.reservation_id,
        "kind": state.kind.value,
        "channel": state.channel.value,
        "status": state.status.value,
        "due_at": state.due_at,
        "created_at": state.created_at,
        "attempts": state.attempts,
        "attempted_at": state.attempted_at,
        "failure": state.failure.value if state.failure else None,
        "version": state.version,
    }


def _state(row: RowMapping) -> DeliveryState:
    changed = {
        "kind": NotificationKind(row["kind"]),
        "channel": Channel(row["channel"]),
        "status": DeliveryStatus(row["status"]),
        "failure": Failure(row["failure"]) if row["failure"] else None,
    }
    return DeliveryState(**{**row, **changed})
