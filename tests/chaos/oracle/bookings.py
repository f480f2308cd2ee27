"""Whose each spot's time is: never two at once, and all that was promised is there."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from tests.chaos.history import History, Operation
from tests.system.backstage import Databases

LIVE = ("pending", "confirmed", "active")

OVERLAPS = """
    SELECT a.reservation_id AS one, b.reservation_id AS other FROM allocations a JOIN allocations b
        ON a.spot_id = b.spot_id AND a.during && b.during AND a.id < b.id AND a.blocking AND b.blocking
    WHERE a.parking_lot_id = ANY($1)"""
# The same from the reservations themselves, in case the allocations differ from them.
OVERSOLD = """
    SELECT a.id AS one, b.id AS other FROM reservations a JOIN reservations b
        ON a.spot_id = b.spot_id AND a.id < b.id AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at
    WHERE a.parking_lot_id = ANY($1) AND a.status = ANY($2) AND b.status = ANY($2)"""
WITHOUT_TIME = """
    SELECT r.id FROM reservations r WHERE r.parking_lot_id = ANY($1) AND r.status = ANY($2) AND NOT EXISTS (
        SELECT FROM allocations a WHERE a.reservation_id = r.id AND a.spot_id = r.spot_id
            AND a.during @> tstzrange(r.starts_at, r.ends_at))"""
TIME_OF_NOBODY = """
    SELECT a.reservation_id FROM allocations a WHERE a.parking_lot_id = ANY($1) AND NOT EXISTS (
        SELECT FROM reservations r WHERE r.id = a.reservation_id AND r.status = ANY($2))"""
EXPIRED = """
    SELECT DISTINCT aggregateid FROM outbox
    WHERE type = 'parking.reservation.expired.v1' AND aggregateid = ANY($1) ORDER BY aggregateid"""
ALL = """
    SELECT id, user_id, parking_lot_id, spot_id, starts_at, ends_at, created_at, status
    FROM reservations WHERE parking_lot_id = ANY($1)"""


async def overlaps(databases: Databases, lots: Iterable[str]) -> list[str]:
    """Spots that two have at once."""
    where = [UUID(lot) for lot in lots]
    twice = await databases.rows("reservation", OVERLAPS, where)
    twice += await databases.rows("reservation", OVERSOLD, where, LIVE)
    return [f"{row['one']} and {row['other']} have one spot at one time" for row in twice]


async def holds(databases: Databases, lots: Iterable[str]) -> list[str]:
    """Live reservations without their spot's time, and time that no live reservation has."""
    where = [UUID(lot) for lot in lots]
    without = await databases.rows("reservation", WITHOUT_TIME, where, LIVE)
    nobodys = await databases.rows("reservation", TIME_OF_NOBODY, where, LIVE)
    return [f"{row['id']} has no time allocated" for row in without] + [
        f"{row['reservation_id']} still has time allocated" for row in nobodys
    ]


async def acknowledged(databases: Databases, history: History, lots: Sequence[str]) -> list[str]:
    """Bookings that were acknowledged and are not stored, or not as they were acknowledged."""
    rows = {str(row["id"]): row for row in await databases.rows("reservation", ALL, [UUID(lot) for lot in lots])}
    wrong: list[str] = []
    for booking in history.acknowledged():
        row = rows.get(booking.answer["id"])
        if row is None:
            wrong.append(f"reservation {booking.answer['id']} was acknowledged and is lost")
        elif (row["starts_at"], row["ends_at"]) != _period(booking):
            wrong.append(f"reservation {booking.answer['id']} is for another time than was acknowledged")
    return wrong + _more_than_asked(history, len(rows))


def _more_than_asked(history: History, found: int) -> list[str]:
    """One key is one booking at most, whether its client had an answer or not."""
    keys = {each.key for each in history.bookings() if each.status in {201, None}}
    return [f"{found} reservations came of {len(keys)} keys"] if found > len(keys) else []


async def unjustified(databases: Databases, attempts: Iterable[Operation], lot: str, spots: Iterable[str]) -> list[str]:
    """Refusals although what was asked for was free: nobody had got it when they were answered.

    For a row in which all ask for one window and nobody gives anything back.
    """
    taken_at: dict[str, datetime] = {
        str(row["spot_id"]): row["created_at"] for row in await databases.rows("reservation", ALL, [UUID(lot)])
    }
    all_taken_at = max((taken_at[spot].timestamp() for spot in spots if spot in taken_at), default=0.0)
    is_full = set(spots) <= taken_at.keys()
    wrong: list[str] = []
    for refused in (each for each in attempts if each.status == 409):
        wanted = refused.asked.get("spot_id")
        since = taken_at[wanted].timestamp() if wanted in taken_at else None
        if wanted is None and is_full:
            since = all_taken_at
        if since is None or since > refused.ended:
            wrong.append(f"key {refused.key} was refused spot {wanted or 'any'} while it was free")
    return wrong


async def expired_though_paid(databases: Databases, paid: Iterable[str]) -> list[str]:
    """Reservations whose hold ran out although they had been paid for; also where the late money brought them back."""
    rows = await databases.rows("reservation", EXPIRED, list(paid))
    return [f"the hold of {row['aggregateid']} ran out although it was paid for" for row in rows]


def sold_twice(history: History) -> list[str]:
    """Spots that were promised to two for one window, by the answers alone."""
    owners: dict[tuple[str, str], set[str]] = defaultdict(set)
    for booking in history.acknowledged():
        owners[booking.answer["spot_id"], booking.answer["start_time"]].add(booking.answer["id"])
    return [f"spot {spot} was promised to {len(ids)}" for (spot, _), ids in owners.items() if len(ids) > 1]


def _period(booking: Operation) -> tuple[datetime, datetime]:
    begin, end = (datetime.fromisoformat(booking.answer[name]) for name in ("start_time", "end_time"))
    return begin, end
