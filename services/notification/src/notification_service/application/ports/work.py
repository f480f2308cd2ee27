"""One transaction."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from notification_service.application.ports.copies import Copies
from notification_service.application.ports.notifications import Deliveries, Notifications
from notification_service.application.ports.rooms import RoomEvents, Tickets
from parking_kernel.askers import Asker


@dataclass(frozen=True, slots=True)
class Work:
    """One transaction's repositories. What happened to what they save is published with it."""

    copies: Copies
    notifications: Notifications
    deliveries: Deliveries
    room_events: RoomEvents
    tickets: Tickets


OpenWork = Callable[[Asker], AbstractAsyncContextManager[Work]]
"""Opens a transaction in somebody's name; it commits when its block ends, and rolls back when the block raises."""
