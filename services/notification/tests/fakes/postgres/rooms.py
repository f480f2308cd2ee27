from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from services.notification.tests.fakes.postgres.tables import Tables

from notification_service.domain.rooms import RoomEvent, RoomMessage


class InMemoryRoomEvents:
    """See `notification_service.application.ports.RoomEvents`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def publish(self, messages: Sequence[RoomMessage]) -> Sequence[RoomEvent]:
        events: list[RoomEvent] = []
        for each in messages:
            room = str(each.room)
            number = self._tables.rooms[room] = self._tables.rooms.get(room, 0) + 1
            events.append(RoomEvent(room, number, each.event, each.data))
            self._tables.room_events[room, number] = (events[-1], datetime.now(UTC))
        return sorted(events, key=lambda event: (event.room, event.id))

    async def purge(self, before: datetime, limit: int) -> int:
        old = [key for key, (_, published_at) in self._tables.room_events.items() if published_at < before][:limit]
        for key in old:
            del self._tables.room_events[key]
        return len(old)


class InMemoryRoomLog:
    """See `notification_service.application.ports.RoomLog`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def last_id(self, room: str) -> int:
        return self._tables.rooms.get(room, 0)

    async def since(self, positions: Mapping[str, int], limit: int) -> Sequence[RoomEvent]:
        kept = sorted(self._tables.room_events.items())
        return [event for (room, number), (event, _) in kept if room in positions and number > positions[room]][:limit]
