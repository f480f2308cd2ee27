"""What an event leads to happens once, in order, however often the event comes.

Shown on the rooms of reservations: each event of a reservation and of its payments is sent there with its version.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from tests.system.backstage import Databases

from parking_demo.people import Json

ROOM_EVENTS = "SELECT room, event, data FROM room_events WHERE room = ANY($1) ORDER BY room, id"
NOTIFIED_TWICE = """
    SELECT reservation_id, kind, count(*) AS times FROM notifications
    WHERE reservation_id = ANY($1) AND kind IN ('reservation_confirmed', 'reservation_cancelled')
    GROUP BY reservation_id, kind HAVING count(*) > 1"""
VERSIONS = "SELECT id, version FROM reservations WHERE parking_lot_id = ANY($1)"
OF_RESERVATION = ("reservation.", "charge.")


@dataclass(frozen=True)
class Effects:
    """Each room's messages in order, the version of the reservation that it is about, and what was notified twice."""

    versions: Mapping[str, int]
    messages: Mapping[str, Sequence[tuple[str, Json]]]
    notified_twice: Sequence[str] = field(default_factory=list[str])


async def read(databases: Databases, lots: Iterable[str]) -> Effects:
    """Read it, of the reservations of some car parks."""
    rows = await databases.rows("reservation", VERSIONS, [UUID(lot) for lot in lots])
    versions = {f"reservation:{row['id']}": row["version"] for row in rows}
    messages: dict[str, list[tuple[str, Json]]] = defaultdict(list)
    for row in await databases.rows("notification", ROOM_EVENTS, list(versions)):
        messages[row["room"]].append((row["event"], json.loads(row["data"])))
    twice = await databases.rows("notification", NOTIFIED_TWICE, [row["id"] for row in rows])
    notified = [f"{row['reservation_id']}: {row['kind']} was notified {row['times']} times" for row in twice]
    return Effects(versions, messages, notified)


def violations(found: Effects) -> list[str]:
    """What is not as it has to be once everything has come to rest: each version published once, in order."""
    wrong = [
        f"{room} is at version {version} and received {own}"
        for room, version in found.versions.items()
        if (own := _own_versions(found, room)) != list(range(1, version + 1))
    ]
    return wrong + repeated(found)


def repeated(found: Effects) -> list[str]:
    """What happened twice."""
    times = Counter(
        (room, event, data["id"], data["version"])
        for room, messages in found.messages.items()
        for event, data in messages
    )
    again = [f"{room} received {event} {count} times" for (room, event, _, _), count in times.items() if count > 1]
    return again + list(found.notified_twice)


def _own_versions(found: Effects, room: str) -> list[int]:
    return [data["version"] for event, data in found.messages.get(room, ()) if event.startswith(OF_RESERVATION)]
