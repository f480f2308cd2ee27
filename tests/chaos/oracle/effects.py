"""What an event leads to happens once, however often the event comes."""

from collections.abc import Iterable
from uuid import UUID

from tests.system.backstage import Databases

# A room is told the same word for word only where an event took effect again: what it is told carries the version.
TOLD_TWICE = """
    SELECT room, event, count(*) AS times FROM room_events
    WHERE room = ANY(SELECT 'reservation:' || unnest($1::text[]))
    GROUP BY room, event, data HAVING count(*) > 1"""
NOTIFIED_TWICE = """
    SELECT reservation_id, kind, count(*) AS times FROM notifications
    WHERE reservation_id::text = ANY($1) AND kind IN ('reservation_confirmed', 'reservation_cancelled')
    GROUP BY reservation_id, kind HAVING count(*) > 1"""
RESERVATIONS = "SELECT id::text FROM reservations WHERE parking_lot_id = ANY($1)"


async def repeated(databases: Databases, lots: Iterable[str]) -> list[str]:
    """Rooms that were told something twice, and people who were."""
    ours = [row["id"] for row in await databases.rows("reservation", RESERVATIONS, [UUID(lot) for lot in lots])]
    told = await databases.rows("notification", TOLD_TWICE, ours)
    notified = await databases.rows("notification", NOTIFIED_TWICE, ours)
    return [f"{row['room']} was told {row['event']} {row['times']} times" for row in told] + [
        f"the driver of {row['reservation_id']} was notified of {row['kind']} {row['times']} times" for row in notified
    ]
