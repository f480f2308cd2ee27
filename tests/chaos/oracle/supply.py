"""Supply that went away under bookings: what became of each, and whether its driver was told."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from tests.chaos.oracle.bookings import LIVE
from tests.chaos.oracle.refunds import documents
from tests.system.backstage import Databases

MOVED, CANCELLED = "reservation_changed", "reservation_cancelled"
IN_SERVICE = "SELECT id FROM spots WHERE parking_lot_id = $1 AND status = 'in_service'"
ALL = "SELECT id, spot_id, status, charges, refund_due FROM reservations WHERE parking_lot_id = $1"
NOTIFIED = "SELECT DISTINCT reservation_id, kind FROM notifications WHERE parking_lot_id = $1"


@dataclass(frozen=True)
class Booking:
    """A reservation as it is now: its spot, what was paid for it, and what of that goes back."""

    spot: str
    status: str
    paid: int = 0
    refund_due: int = 0


@dataclass(frozen=True)
class Lot:
    """A lot as the services have it: the spots that a driver can be sent to, its bookings, who was told what."""

    spots: Collection[str]
    bookings: Mapping[str, Booking]
    notified: Collection[tuple[str, str]]


async def read(databases: Databases, lot: str) -> Lot:
    """Parking's own spots, reservation's own bookings, notification's own inbox."""
    spots = await databases.rows("parking", IN_SERVICE, UUID(lot))
    notified = await databases.rows("notification", NOTIFIED, UUID(lot))
    bookings = {
        str(row["id"]): Booking(str(row["spot_id"]), row["status"], _paid(row["charges"]), row["refund_due"])
        for row in await databases.rows("reservation", ALL, UUID(lot))
    }
    return Lot(
        {str(row["id"]) for row in spots}, bookings, {(str(row["reservation_id"]), row["kind"]) for row in notified}
    )


def violations(booked: Mapping[str, str], now: Lot) -> list[str]:
    """What does not hold of bookings that were made on these spots, by their ids; and of any others of the lot."""
    left = {key for key, each in now.bookings.items() if each.status in LIVE[:2] and each.spot not in now.spots}
    wrong = [f"reservation {key} stands on a spot that is gone" for key in sorted(left)]
    return wrong + [what for key, spot in booked.items() if key not in left for what in _undecided(key, spot, now)]


def unnotified(booked: Mapping[str, str], now: Lot) -> list[str]:
    """Bookings of these spots that were moved or ended, by whomever, and whose driver was not notified."""
    found = ((key, spot, now.bookings[key]) for key, spot in booked.items() if key in now.bookings)
    return [what for key, spot, booking in found for what in _unnotified(key, _outcome(booking, spot, now), now)]


def moved_instead(booked: Mapping[str, str], refunding: Collection[str], now: Lot) -> list[str]:
    """Bookings of these spots that got another one, although the operator wanted their money to go back."""
    known = ((key, spot) for key, spot in booked.items() if spot in refunding and key in now.bookings)
    moved = [key for key, spot in known if _outcome(now.bookings[key], spot, now) == "moved"]
    return [f"reservation {key} was moved instead of refunded" for key in moved]


def outcomes(booked: Mapping[str, str], now: Lot) -> Sequence[str]:
    """What became of each of them, in a word."""
    return [_outcome(now.bookings[key], spot, now) for key, spot in booked.items() if key in now.bookings]


def _undecided(key: str, spot: str, now: Lot) -> Iterable[str]:
    booking = now.bookings.get(key)
    if booking is None:
        yield f"reservation {key} is lost"
        return
    match outcome := _outcome(booking, spot, now):
        case "refunded" if booking.refund_due != booking.paid:
            yield f"reservation {key} was ended, and {booking.refund_due} of {booking.paid} goes back"
        case "moved" | "refunded" | "cancelled" | "waits for its exit" | "has left" | "stays":
            yield from _unnotified(key, outcome, now)
        case other:
            yield f"reservation {key} is {other}"


def _unnotified(key: str, outcome: str, now: Lot) -> Iterable[str]:
    match outcome:
        case "moved" if (key, MOVED) not in now.notified:
            yield f"reservation {key} was moved, and its driver not told"
        case "refunded" | "cancelled" if (key, CANCELLED) not in now.notified:
            yield f"reservation {key} was ended, and its driver not told"
        case _:
            return


def _outcome(booking: Booking, spot: str, now: Lot) -> str:
    """One that is not paid for yet is never moved."""
    match booking.status:
        case "active" if booking.spot == spot:
            return "waits for its exit"
        case "completed":
            return "has left"
        case "cancelled":
            return "refunded" if booking.paid else "cancelled"
        case "confirmed" | "pending" if booking.spot != spot:
            return "moved" if booking.status == "confirmed" else "moved before it was paid for"
        case "confirmed" | "pending" if spot in now.spots:
            return "stays"
        case status:
            return status


def _paid(charges: object) -> int:
    return sum(charge["amount"] for charge in documents(charges) if charge["status"] == "paid")
