"""A user's inbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from notification_service.application.ports import OpenWork
from notification_service.domain.notifications import NotificationState


@dataclass(frozen=True, slots=True)
class ListNotifications:
    """One's own, after a position, the newest first."""

    user_id: UUID
    after: tuple[datetime, UUID] | None
    limit: int


@dataclass(frozen=True, slots=True)
class ListNotificationsHandler:
    """Reads one page."""

    open_work: OpenWork

    async def __call__(self, query: ListNotifications) -> Sequence[NotificationState]:
        """At most `limit`."""
        async with self.open_work() as work:
            return await work.notifications.of_user(query.user_id, query.after, query.limit)
