"""Which spots are free."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from parking_kernel.clocks import Clock
from reservation_service.application.ports import Bookings, SpotRequest
from reservation_service.domain.errors import LotNotBookable
from reservation_service.domain.lots import Spot, check_bounded, check_open


@dataclass(frozen=True, slots=True)
class GetAvailability:
    """Of a lot, for a period, of a kind or all."""

    request: SpotRequest


@dataclass(frozen=True, slots=True)
class GetAvailabilityHandler:
    """Asks the allocations themselves; only reservation knows. Of a lot that is closed or shut then, none is free."""

    bookings: Bookings
    clock: Clock

    async def __call__(self, query: GetAvailability) -> tuple[Sequence[Spot], datetime]:
        """The free spots by number, true at the instant. Raises `UnknownLot` and `InvalidPeriod`."""
        check_bounded(query.request.period, self.clock.now())
        lot, spots, as_of = await self.bookings.free_spots(query.request)
        try:
            check_open(lot, query.request.period)
        except LotNotBookable:
            return (), as_of
        return spots, as_of
