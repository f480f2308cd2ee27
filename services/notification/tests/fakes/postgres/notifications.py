from collections.abc import Collection, Sequence
from uuid import UUID

from services.notification.tests.fakes.postgres.tables import Tables

from notification_service.domain.errors import UnknownNotification
from notification_service.domain.notifications import InboxFilter, Notification, NotificationState
from parking_kernel.concurrency import ChangedMeanwhile
from parking_kernel.pages import Position


class InMemoryNotifications:
    """See `notification_service.application.ports.Notifications`."""

    def __init__(self, tables: Tables) -> None:
        self._kept = tables.notifications

    async def add(self, notifications: Sequence[Notification]) -> Collection[UUID]:
        new: set[UUID] = set()
        for each in notifications:
            mine = (each.state.event_id, each.state.user_id)
            if mine not in {(kept.event_id, kept.user_id) for kept in self._kept.values()}:
                self._kept[each.state.id] = each.state
                new.add(each.state.id)
        return new

    async def get(self, notification_id: UUID) -> Notification:
        return Notification(await self.read(notification_id))

    async def read(self, notification_id: UUID) -> NotificationState:
        if notification_id not in self._kept:
            raise UnknownNotification(notification_id)
        return self._kept[notification_id]

    async def save(self, notification: Notification) -> None:
        state = notification.state
        if state.version == notification.loaded_version:
            return
        if (await self.read(state.id)).version != notification.loaded_version:
            raise ChangedMeanwhile("notification")
        self._kept[state.id] = state

    async def of_user(
        self, user_id: UUID, wanted: InboxFilter, after: Position | None, limit: int
    ) -> Sequence[NotificationState]:
        mine = [each for each in self._kept.values() if each.user_id == user_id and _is_wanted(each, wanted)]
        newest_first = sorted(mine, key=lambda each: (each.created_at, each.id), reverse=True)
        return [each for each in newest_first if after is None or (each.created_at, each.id) < after][:limit]


def _is_wanted(state: NotificationState, wanted: InboxFilter) -> bool:
    return (
        wanted.is_unread in (None, state.read_at is None)
        and wanted.kind in (None, state.kind)
        and (wanted.since is None or state.created_at >= wanted.since)
        and (wanted.until is None or state.created_at < wanted.until)
    )
