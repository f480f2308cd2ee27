"""What a stay would cost."""

from dataclasses import dataclass
from datetime import datetime

from parking_kernel.clocks import Clock
from parking_kernel.pricing import Price, price
from reservation_service.application.ports import OpenWork, Wish
from reservation_service.domain.lots import check_open
from reservation_service.domain.periods import check_bookable
from reservation_service.domain.reservations import HOLD


@dataclass(frozen=True, slots=True)
class CreateQuote:
    """A driver asks for a price."""

    wish: Wish


@dataclass(frozen=True, slots=True)
class CreateQuoteHandler:
    """Prices the stay by the tariff in force.

    A booking is priced by the version in force when it is made, and keeps it. So its price is this one, line by line,
    unless a new version came in between; the booking's answer says which price it is before anything is paid.
    """

    open_work: OpenWork
    clock: Clock

    async def __call__(self, query: CreateQuote) -> tuple[Price, str, datetime]:
        """The price, the tariff version, and until when it may be relied on. Raises as `ReserveSpotHandler` does."""
        wish, now = query.wish, self.clock.now()
        check_bookable(wish.period, now)
        async with self.open_work() as work:
            lot = await work.lots.get(wish.parking_lot_id)
        check_open(lot, wish.period)
        version = lot.priced_by
        return price(version.tariff, wish.period, lot.zone), str(version.id), now + HOLD
