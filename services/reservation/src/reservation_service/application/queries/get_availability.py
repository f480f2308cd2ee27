"""Which spots are free."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reservation_service.application.ports import Bookings, Wish
from reservation_service.domain.errors import LotNotBookable
from reservation_service.domain.lots import Spot, check_open


@dataclass(frozen=True, slots=True)
class GetAvailability:
    """Of a lot, for a period, of a kind or all."""

    wish: Wish


@dataclass(frozen=True, slots=True)
class GetAvailabilityHandler:
    """Asks the allocations themselves; only reservation knows. Of a lot that is closed or shut then, none is free."""

    bookings: Bookings

    async def __call__(self, query: GetAvailability) -> tuple[Sequence[Spot], datetime]:
        """The free spots by number, true at the instant. Raises `UnknownLot`."""
        lot, spots, as_of = await self.bookings.free_spots(query.wish)
        try:
            check_open(lot, query.wish.period)
        except LotNotBookable:
            return (), as_of
        return spots, as_of
