"""What was published in rooms, in PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from notification_service.adapters.postgres.tables import room_events, rooms
from notification_service.domain.rooms import RoomEvent, RoomMessage

ANNOUNCED = "announced_room_events"

# The counters' rows are locked in order of the names, so two of these never wait for each other, and stay locked until
# the commit: a reader that sees an id sees all lower ones of its room. A sequence could promise neither.
PUBLISH = text(
    """
    WITH published AS (
        SELECT t.room, t.event, t.data, row_number() OVER (PARTITION BY t.room ORDER BY t.place) AS number
        FROM unnest(CAST(:rooms AS text[]), CAST(:events AS text[]), CAST(:data AS text[]))
            WITH ORDINALITY AS t (room, event, data, place)
    ), sizes AS (
        SELECT room, count(*) AS size FROM published GROUP BY room
    ), counters AS (
        INSERT INTO rooms AS r (room, last_id) SELECT room, size FROM sizes ORDER BY room
        ON CONFLICT (room) DO UPDATE SET last_id = r.last_id + excluded.last_id
        RETURNING room, last_id
    )
    INSERT INTO room_events (room, id, event, data)
    SELECT published.room, counters.last_id - sizes.size + published.number, published.event, published.data
    FROM published JOIN counters USING (room) JOIN sizes USING (room)
    RETURNING room, id, event, data
    """
)

SINCE = text(
    """
    SELECT e.room, e.id, e.event, e.data
    FROM unnest(CAST(:rooms AS text[]), CAST(:ids AS bigint[])) AS seen (room, id)
    CROSS JOIN LATERAL (
        SELECT * FROM room_events WHERE room = seen.room AND id > seen.id ORDER BY id LIMIT :limit
    ) AS e
    ORDER BY e.room, e.id LIMIT :limit
    """
)


class PostgresRoomEvents:
    """See `notification_service.application.ports.RoomEvents`.

    What was published is left in the connection's `info`, from where it is announced after the commit.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def publish(self, messages: Sequence[RoomMessage]) -> Sequence[RoomEvent]:
        """Publish messages in rooms, in this order."""
        values = {
            "rooms": [str(each.room) for each in messages],
            "events": [each.event for each in messages],
            "data": [each.data for each in messages],
        }
        found = await self._connection.execute(PUBLISH, values)
        events = sorted((RoomEvent(*row) for row in found), key=lambda event: (event.room, event.id))
        self._connection.info.setdefault(ANNOUNCED, []).extend(events)
        return events

    async def purge(self, before: datetime, limit: int) -> int:
        """Delete what was published before an instant; how many, at most `limit`."""
        key = (room_events.c.room, room_events.c.id)
        old = select(*key).where(room_events.c.told_at < before).order_by(room_events.c.told_at).limit(limit)
        return (await self._connection.execute(delete(room_events).where(tuple_(*key).in_(old)))).rowcount


class PostgresRoomLog:
    """See `notification_service.application.ports.RoomLog`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def last_id(self, room: str) -> int:
        """The id of the newest event of a room; 0 before the first."""
        async with self._engine.connect() as connection:
            found = await connection.execute(select(rooms.c.last_id).where(rooms.c.room == room))
            return found.scalar_one_or_none() or 0

    async def since(self, positions: Mapping[str, int], limit: int) -> Sequence[RoomEvent]:
        """Events of several rooms after a position in each, in order within a room; at most `limit`."""
        values = {"rooms": list(positions), "ids": list(positions.values()), "limit": limit}
        async with self._engine.connect() as connection:
            return [RoomEvent(*row) for row in await connection.execute(SINCE, values)]
