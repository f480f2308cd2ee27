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
    """Keep the copies, in the consumer's transaction. A version that is not newer changes nothing.

    What is available in their lots now is worked out in a moment, once for all that came meanwhile.
    """
    await work.bookings.keep(event.bookings)
    await work.occupancy.recount_soon(list({booking.parking_lot_id for booking in event.bookings}))
