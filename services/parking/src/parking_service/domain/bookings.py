"""Parking's own copy of the bookings: what of the reservations matters to supply."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from parking_kernel.periods import Period

FIRST: Final = 10
"""How many of the bookings in the way are shown; the others are counted."""
KEPT: Final = timedelta(days=7)
"""How long a booking that is over stays known: a late repeat of an earlier event must not bring it back."""
ACTIVE: Final = "active"
ENDED: Final = frozenset({"completed", "expired", "cancelled", "no_show"})
"""Reservation's words. One that this release does not know counts as a booking until its period is over."""


@dataclass(frozen=True, slots=True)
class Booking:
    """A reservation at reservation's version, which was committed at an instant."""

    reservation_id: UUID
    parking_lot_id: UUID
    spot_id: UUID
    spot_number: str
    status: str
    starts_at: datetime
    ends_at: datetime
    version: int
    committed_at: datetime

    @property
    def period(self) -> Period:
        """When the spot is booked."""
        return Period(self.starts_at, self.ends_at)

    def needs_supply(self, at: datetime) -> bool:
        """Whether it is not over yet, or its car is in."""
        return self.status == ACTIVE or (self.status not in ENDED and self.ends_at > at)

    def can_be_purged(self, before: datetime) -> bool:
        """Whether it is over, and nothing was published of it since an instant."""
        is_over = self.status in ENDED or (self.ends_at < before and self.status != ACTIVE)
        return is_over and self.committed_at < before


@dataclass(frozen=True, slots=True)
class AffectedBookings:
    """The bookings in the way of a change: how many, and the first of them by their start.

    `as_of` is when the newest of reservation's events that parking knows was committed; none before the first.
    """

    count: int
    first: tuple[Booking, ...]
    as_of: datetime | None

    @classmethod
    def of(cls, bookings: Sequence[Booking], as_of: datetime | None) -> "AffectedBookings":
        """All of them, in any order."""
        return cls(len(bookings), _first(bookings), as_of)

    def joined(self, other: "AffectedBookings") -> "AffectedBookings":
        """Those of two lots, as of the earlier look."""
        looks = [each.as_of for each in (self, other) if each.as_of]
        first = _first((*self.first, *other.first))
        return AffectedBookings(self.count + other.count, first, min(looks) if looks else None)


def _first(bookings: Iterable[Booking]) -> tuple[Booking, ...]:
    return tuple(sorted(bookings, key=lambda each: (each.starts_at, each.reservation_id))[:FIRST])
