"""Rooms, and the tickets that open a WebSocket to them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from notification_service.domain.rooms import RoomEvent, RoomMessage, Visitor
from notification_service.domain.tickets import Ticket


class RoomEvents(Protocol):
    """What was published in rooms, stored for a while."""

    async def publish(self, messages: Sequence[RoomMessage]) -> Sequence[RoomEvent]:
        """Publish messages in rooms, in this order; their listeners get them after the commit.

        At most once in a transaction: rooms are locked in order of their names.
        """
        ...

    async def purge(self, before: datetime, limit: int) -> int:
        """Delete what was published before an instant; how many, at most `limit`."""
        ...


class RoomLog(Protocol):
    """What was published in rooms, for those who listen; it alone knows everything, in order."""

    async def last_id(self, room: str) -> int:
        """The id of the newest event of a room; 0 before the first."""
        ...

    async def since(self, positions: Mapping[str, int], limit: int) -> Sequence[RoomEvent]:
        """Events of several rooms after a position in each, in order within a room; at most `limit`."""
        ...


class Tickets(Protocol):
    """Tickets that were given out."""

    async def add(self, ticket: Ticket) -> None:
        """Store a new one."""
        ...

    async def use(self, secret_hash: bytes, at: datetime) -> Visitor | None:
        """Use it up; nobody when it does not count."""
        ...

    async def purge(self, before: datetime, limit: int) -> int:
        """Delete ones that expired before an instant; how many, at most `limit`."""
        ...
