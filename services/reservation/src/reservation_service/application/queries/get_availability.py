"""Which spots are free."""

from dataclasses import dataclass, replace

from parking_kernel.clocks import Clock
from reservation_service.application.ports import Bookings, FreeSpots, SpotRequest
from reservation_service.domain.errors import LotNotBookable
from reservation_service.domain.lots import check_bounded, check_open


@dataclass(frozen=True, slots=True)
class GetAvailability:
    """Of a lot, for a period, of a kind or all: so many spots, those behind the number `after`."""

    request: SpotRequest
    limit: int
    after: str | None = None


@dataclass(frozen=True, slots=True)
class GetAvailabilityHandler:
    """Asks the allocations themselves; only reservation knows. Of a lot that is closed or shut then, none is free."""

    bookings: Bookings
    clock: Clock

    async def __call__(self, query: GetAvailability) -> FreeSpots:
        """The free spots by number, and how many there are. Raises `UnknownLot` and `InvalidPeriod`."""
        check_bounded(query.request.period, self.clock.now())
        found = await self.bookings.free_spots(query.request, query.limit, query.after)
        try:
            check_open(found.lot, query.request.period)
        except LotNotBookable:
            return replace(found, count=0, spots=())
        return found
