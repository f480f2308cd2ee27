"""Note that a user has read a notification."""

from dataclasses import dataclass
from uuid import UUID

from notification_service.application.ports import OpenWork
from notification_service.domain.errors import UnknownNotification
from notification_service.domain.notifications import NotificationState
from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock


@dataclass(frozen=True, slots=True)
class MarkRead:
    """A user has seen one of their own."""

    asker: Asker
    notification_id: UUID


@dataclass(frozen=True, slots=True)
class MarkReadHandler:
    """Notes when; the second time changes nothing."""

    open_work: OpenWork
    clock: Clock

    async def __call__(self, command: MarkRead) -> NotificationState:
        """The notification. Raises `UnknownNotification`."""
        async with self.open_work(command.asker) as work:
            notification = await work.notifications.get(command.notification_id)
            if notification.state.user_id != command.asker.user_id:
                raise UnknownNotification(command.notification_id)
            notification.read(self.clock.now())
            await work.notifications.save(notification)
        return notification.state
