from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.notification.tests.fakes.postgres.tables import Tables

from notification_service.domain.deliveries import Channel, Delivery, DeliveryState, DeliveryStatus
from parking_kernel.changes import Changes


class InMemoryDeliveries:
    """See `notification_service.application.ports.Deliveries`."""

    def __init__(self, tables: Tables, changes: Changes[Delivery]) -> None:
        self._kept = tables.deliveries
        self._changes = changes

    async def add(self, deliveries: Sequence[Delivery]) -> None:
        self._kept.update({each.state.id: each.state for each in deliveries})
        self._changes.saved(*deliveries)

    async def claim(
        self, at: datetime, until: datetime, limit: int, channel: Channel = Channel.EMAIL
    ) -> Sequence[DeliveryState]:
        due = [
            each
            for each in sorted(self._kept.values(), key=lambda each: each.due_at)
            if (each.status, each.channel) == (DeliveryStatus.PENDING, channel) and each.due_at <= at
        ]
        claimed = [replace(each, due_at=until) for each in sorted(due[:limit], key=lambda each: each.id)]
        self._kept.update({each.id: each for each in claimed})
        return claimed

    async def get(self, delivery_id: UUID) -> Delivery | None:
        state = self._kept.get(delivery_id)
        return self._changes.loaded(Delivery(state)) if state else None

    async def save(self, delivery: Delivery) -> None:
        self._kept[delivery.state.id] = delivery.state
        self._changes.saved(delivery)

    async def purge(self, before: datetime, limit: int) -> int:
        old = [each for each in self._kept.values() if each.status is not DeliveryStatus.PENDING]
        gone = [each.id for each in old if each.attempted_at and each.attempted_at < before][:limit]
        for delivery_id in gone:
            del self._kept[delivery_id]
        return len(gone)
