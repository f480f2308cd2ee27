"""Which spots are free."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reservation_service.application.ports import OpenWork, Wish
from reservation_service.domain.errors import LotNotBookable
from reservation_service.domain.lots import Spot, check_open


@dataclass(frozen=True, slots=True)
class GetAvailability:
    """Of a lot, for a period, of a kind or all."""

    wish: Wish


@dataclass(frozen=True, slots=True)
class GetAvailabilityHandler:
    """Asks the allocations themselves; only reservation knows. Of a lot that is closed or shut then, none is free."""

    open_work: OpenWork

    async def __call__(self, query: GetAvailability) -> tuple[Sequence[Spot], datetime]:
        """The free spots by number, true at the instant. Raises `UnknownLot`."""
        wish = query.wish
        async with self.open_work() as work:
            lot = await work.lots.get(wish.parking_lot_id)
            as_of = await work.time.now()
            try:
                check_open(lot, wish.period)
            except LotNotBookable:
                return (), as_of
            return await work.allocations.free_spots(lot.id, wish.period, wish.spot_type), as_of
