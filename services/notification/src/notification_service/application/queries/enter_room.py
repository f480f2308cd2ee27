"""May someone listen to a room?"""

from dataclasses import dataclass

from notification_service.application.ports import OpenWork
from notification_service.domain.errors import UnknownRoom
from notification_service.domain.rooms import Ownership, Room, RoomKind, Visitor, may_enter


@dataclass(frozen=True, slots=True)
class EnterRoom:
    """A visitor wants to listen."""

    visitor: Visitor
    room: Room


@dataclass(frozen=True, slots=True)
class EnterRoomHandler:
    """Decides by the token, and for a reservation by the own copy of whose it is."""

    open_work: OpenWork

    async def __call__(self, query: EnterRoom) -> None:
        """Raises `UnknownRoom`: a foreign room and none are the same answer."""
        owner: Ownership | None = None
        if query.room.kind is RoomKind.RESERVATION:
            async with self.open_work(query.visitor.asker) as work:
                owner = await work.copies.owner(query.room.id)
        if not may_enter(query.visitor, query.room, owner):
            raise UnknownRoom(query.room)
