"""The inbox, and what is on its way to users."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from notification_service.domain.deliveries import Channel, Delivery, DeliveryState
from notification_service.domain.notifications import InboxFilter, Notification, NotificationState
from parking_kernel.pages import Position


class Notifications(Protocol):
    """What users were notified of: their inbox."""

    async def add(self, notifications: Sequence[Notification]) -> Collection[UUID]:
        """Store new ones; the ids of those whose event notified nobody before. The others are not stored."""
        ...

    async def get(self, notification_id: UUID) -> Notification:
        """One, to be changed. Raises `UnknownNotification`."""
        ...

    async def read(self, notification_id: UUID) -> NotificationState:
        """One, as it is. Raises `UnknownNotification`."""
        ...

    async def save(self, notification: Notification) -> None:
        """Store a changed one. Raises `ChangedMeanwhile`."""
        ...

    async def of_user(
        self, user_id: UUID, wanted: InboxFilter, after: Position | None, limit: int
    ) -> Sequence[NotificationState]:
        """Those wanted of a user's, the newest first, after a position."""
        ...


class Deliveries(Protocol):
    """The queue of what is on its way. The unit of work publishes the events of what is added and saved."""

    async def add(self, deliveries: Sequence[Delivery]) -> None:
        """Store new ones."""
        ...

    async def claim(
        self, at: datetime, until: datetime, limit: int, channel: Channel = Channel.EMAIL
    ) -> Sequence[DeliveryState]:
        """Pending ones of a channel that are due, longest first in line, which no other process gets before `until`.

        They come in the order of their ids.
        """
        ...

    async def get(self, delivery_id: UUID) -> Delivery | None:
        """One, locked until the transaction ends; nothing when it was purged."""
        ...

    async def save(self, delivery: Delivery) -> None:
        """Store a changed one."""
        ...

    async def purge(self, before: datetime, limit: int) -> int:
        """Delete ones that ended before an instant; how many, at most `limit`."""
        ...
