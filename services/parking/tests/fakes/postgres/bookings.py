from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from services.parking.tests.fakes.postgres.tables import Tables

from parking_service.domain.bookings import Booking


class InMemoryBookings:
    """See `parking_service.application.ports.Bookings`."""

    def __init__(self, tables: Tables) -> None:
        self._bookings = tables.bookings

    async def keep(self, new_bookings: Sequence[Booking]) -> None:
        for booking in new_bookings:
            known = self._bookings.get(booking.reservation_id)
            if known is None or known.version < booking.version:
                self._bookings[booking.reservation_id] = booking

    async def needing_supply(
        self, lot_id: UUID, at: datetime, spot_ids: Collection[UUID] | None = None
    ) -> Sequence[Booking]:
        return [
            booking
            for booking in self._bookings.values()
            if booking.parking_lot_id == lot_id
            and booking.needs_supply(at)
            and (spot_ids is None or booking.spot_id in spot_ids)
        ]

    async def as_of(self) -> datetime | None:
        return max((booking.committed_at for booking in self._bookings.values()), default=None)

    async def purge(self, before: datetime, limit: int) -> int:
        old = [key for key, booking in self._bookings.items() if booking.can_be_purged(before)][:limit]
        for key in old:
            del self._bookings[key]
        return len(old)
