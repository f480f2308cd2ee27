"""Rooms: who may listen to what, over the WebSocket."""

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from notification_service.domain.errors import UnknownRoom
from parking_kernel.askers import Asker

KEPT = timedelta(hours=24)
"""How long a room's events are stored, for a client that comes back."""

MOST_MISSED = 1_000
"""A client that missed more is answered so, and reads the present state over HTTP instead."""

READ_RESERVATIONS = "read:reservation"

NAME = re.compile(r"(?P<kind>lot|user|reservation|organization):(?P<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


class RoomKind(StrEnum):
    """What a room is about."""

    LOT = "lot"
    USER = "user"
    RESERVATION = "reservation"
    ORGANIZATION = "organization"


@dataclass(frozen=True, slots=True)
class Room:
    """A room, by what it is about."""

    kind: RoomKind
    id: UUID

    @classmethod
    def named(cls, name: str) -> "Room":
        """The room of a name such as `lot:0190…`. Raises `UnknownRoom`."""
        found = NAME.fullmatch(name)
        if found is None:
            raise UnknownRoom(name[:80])
        return cls(RoomKind(found["kind"]), UUID(found["id"]))

    def __str__(self) -> str:
        """Its name."""
        return f"{self.kind.value}:{self.id}"


@dataclass(frozen=True, slots=True)
class Visitor:
    """A user who opened a WebSocket: until when, what their token lets them see, and the login that it belongs to."""

    subject: str
    organizations: frozenset[str]
    permissions: frozenset[str]
    expires_at: float
    login_id: str | None = None

    @property
    def asker(self) -> Asker:
        """In whose name their rooms and tickets are looked up: a machine client is no user."""
        organizations = self.organizations if READ_RESERVATIONS in self.permissions else ()
        return Asker(_user_of(self.subject), frozenset(UUID(each) for each in organizations), self.permissions)

    def operates(self, organization_id: UUID) -> bool:
        """Whether the organization's reservations are theirs to read."""
        return self.asker.operates(organization_id)


def _user_of(subject: str) -> UUID | None:
    try:
        return UUID(subject)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Ownership:
    """Whose a reservation is. A car that drove in without one has no user."""

    user_id: UUID | None
    organization_id: UUID


def may_enter(visitor: Visitor, room: Room, reservation: Ownership | None) -> bool:
    """Whether the visitor may listen. `reservation` is whose the room's reservation is, where that is known."""
    match room.kind:
        case RoomKind.LOT:
            return True
        case RoomKind.USER:
            return visitor.subject == str(room.id)
        case RoomKind.ORGANIZATION:
            return visitor.operates(room.id)
        case RoomKind.RESERVATION:
            if reservation is None:
                return False
            is_theirs = reservation.user_id is not None and visitor.subject == str(reservation.user_id)
            return is_theirs or visitor.operates(reservation.organization_id)


@dataclass(frozen=True, slots=True)
class RoomMessage:
    """Something to be published in a room. `data` is JSON as it is sent: serialised once, however many listen."""

    room: Room
    event: str
    data: str


@dataclass(frozen=True, slots=True)
class RoomEvent:
    """Something that was published in a room. Ids count up by one in each room, in the order of the commits."""

    room: str
    id: int
    event: str
    data: str
