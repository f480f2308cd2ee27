"""The deliveries in PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, update

from notification_service.adapters.postgres.tables import deliveries as queue
from notification_service.adapters.postgres.tables import notifications
from notification_service.domain.deliveries import Channel, Delivery, DeliveryState, DeliveryStatus, Failure
from notification_service.domain.notifications import NotificationKind
from parking_chassis.claims import ClaimQueue
from parking_chassis.tables import is_among
from parking_chassis.units_of_work import Transaction

PENDING = queue.c.status == DeliveryStatus.PENDING.value
WAITING = {channel: ClaimQueue(queue, waits=PENDING & (queue.c.channel == channel.value)) for channel in Channel}


class PostgresDeliveries:
    """See `notification_service.application.ports.Deliveries`."""

    def __init__(self, transaction: Transaction[Delivery]) -> None:
        self._connection = transaction.connection
        self._changes = transaction.changes

    async def add(self, deliveries: Sequence[Delivery]) -> None:
        """Store new ones."""
        if deliveries:
            await self._connection.execute(insert(queue), [_row(each.state) for each in deliveries])
            self._changes.saved(*deliveries)

    async def claim(
        self, at: datetime, until: datetime, limit: int, channel: Channel = Channel.EMAIL
    ) -> Sequence[DeliveryState]:
        """Pending ones of a channel that are due, each with its event's trace, which no other gets before `until`."""
        claimed = await WAITING[channel].claim(self._connection, at=at, until=until, limit=limit)
        traces = select(notifications.c.id, notifications.c.trace).where(
            notifications.c.id.in_([row["notification_id"] for row in claimed])
        )
        trace_of = dict((await self._connection.execute(traces)).tuples().all()) if claimed else {}
        return [_state({**row, "trace": trace_of[row["notification_id"]]}) for row in claimed]

    async def get(self, delivery_id: UUID) -> Delivery | None:
        """One, locked until the transaction ends; nothing when it was purged."""
        statement = select(queue).where(queue.c.id == delivery_id).with_for_update()
        row = (await self._connection.execute(statement)).mappings().first()
        return self._changes.loaded(Delivery(_state({**row}))) if row else None

    async def save(self, delivery: Delivery) -> None:
        """Store a changed one; `get` has locked it."""
        state = delivery.state
        await self._connection.execute(update(queue).where(queue.c.id == state.id).values(_row(state)))
        self._changes.saved(delivery)

    async def purge(self, before: datetime, limit: int) -> int:
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


def _state(row: Mapping[str, Any]) -> DeliveryState:
    changed = {
        "kind": NotificationKind(row["kind"]),
        "channel": Channel(row["channel"]),
        "status": DeliveryStatus(row["status"]),
        "failure": Failure(row["failure"]) if row["failure"] else None,
    }
    return DeliveryState(**{**row, **changed})
