"""Who may listen to what."""

from uuid import UUID, uuid4

import pytest

from notification_service.domain.errors import UnknownRoom
from notification_service.domain.rooms import Ownership, Room, RoomKind, Visitor, may_enter
from parking_kernel.askers import Asker

ME, ORGANIZATION = UUID(int=1), UUID(int=2)
MINE, FOREIGN = Ownership(ME, ORGANIZATION), Ownership(uuid4(), uuid4())


def visitor(*permissions: str, organization: UUID | None = None) -> Visitor:
    return Visitor(str(ME), frozenset({str(organization)} if organization else ()), frozenset(permissions), 0)


DRIVER = visitor("read:parking")
OPERATOR = visitor("read:reservation", organization=ORGANIZATION)
MEMBER = visitor("read:parking", organization=ORGANIZATION)
STRANGER = visitor("read:reservation", organization=uuid4())
ADMIN = visitor("*")


@pytest.mark.parametrize(
    ("who", "kind", "room_id", "owner", "may"),
    [
        (DRIVER, RoomKind.LOT, uuid4(), None, True),
        (DRIVER, RoomKind.USER, ME, None, True),
        (DRIVER, RoomKind.USER, uuid4(), None, False),
        (ADMIN, RoomKind.USER, uuid4(), None, False),
        (DRIVER, RoomKind.RESERVATION, uuid4(), MINE, True),
        (DRIVER, RoomKind.RESERVATION, uuid4(), FOREIGN, False),
        (DRIVER, RoomKind.RESERVATION, uuid4(), None, False),
        (DRIVER, RoomKind.RESERVATION, uuid4(), Ownership(None, ORGANIZATION), False),
        (OPERATOR, RoomKind.RESERVATION, uuid4(), Ownership(uuid4(), ORGANIZATION), True),
        (OPERATOR, RoomKind.RESERVATION, uuid4(), Ownership(None, ORGANIZATION), True),
        (MEMBER, RoomKind.RESERVATION, uuid4(), Ownership(uuid4(), ORGANIZATION), False),
        (ADMIN, RoomKind.RESERVATION, uuid4(), FOREIGN, True),
        (ADMIN, RoomKind.RESERVATION, uuid4(), None, False),
        (OPERATOR, RoomKind.ORGANIZATION, ORGANIZATION, None, True),
        (MEMBER, RoomKind.ORGANIZATION, ORGANIZATION, None, False),
        (STRANGER, RoomKind.ORGANIZATION, ORGANIZATION, None, False),
        (ADMIN, RoomKind.ORGANIZATION, ORGANIZATION, None, True),
    ],
)
def test_the_table_of_permissions(
    who: Visitor, kind: RoomKind, room_id: UUID, owner: Ownership | None, *, may: bool
) -> None:
    assert may_enter(who, Room(kind, room_id), owner) is may


def test_a_machine_client_asks_as_nobody_and_a_member_for_no_organization() -> None:
    machine = Visitor("gate-7", frozenset(), frozenset({"read:parking"}), 0)
    assert machine.asker == Asker(permissions=frozenset({"read:parking"}))
    assert MEMBER.asker == Asker(ME, permissions=frozenset({"read:parking"}))
    assert OPERATOR.asker == Asker(ME, frozenset({ORGANIZATION}), frozenset({"read:reservation"}))


def test_a_name_is_read_and_written() -> None:
    room = Room(RoomKind.LOT, ME)
    assert Room.named(str(room)) == room


@pytest.mark.parametrize("name", ["", "lot", "lot:", "lot:1", f"lot:{ME}x", f"LOT:{ME}", f"cellar:{ME}", f"lot:{ME}\n"])
def test_other_names_are_no_rooms(name: str) -> None:
    with pytest.raises(UnknownRoom):
        Room.named(name)
