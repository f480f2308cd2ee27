"""Reservation published what became of reservations: keep a copy of what matters to supply."""

from collections.abc import Sequence
from dataclasses import dataclass

from parking_service.application.ports import Work
from parking_service.domain.bookings import Booking


@dataclass(frozen=True, slots=True)
class KeepBookings:
    """Bookings, each at a version."""

    bookings: Sequence[Booking]


async def keep_bookings(event: KeepBookings, work: Work) -> None:
    """Keep the copies, in the consumer's transaction. A version that is not newer changes nothing."""
    await work.bookings.keep(event.bookings)
