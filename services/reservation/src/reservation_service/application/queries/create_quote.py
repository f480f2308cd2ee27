"""What a stay would cost."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from reservation_service.application.ports import Clock, OpenWork, Wish
from reservation_service.domain.lots import check_open
from reservation_service.domain.periods import check_bookable
from reservation_service.domain.pricing import Price, price
from reservation_service.domain.reservations import HOLD


@dataclass(frozen=True, slots=True)
class CreateQuote:
    """A driver asks for a price."""

    wish: Wish


@dataclass(frozen=True, slots=True)
class CreateQuoteHandler:
    """Prices the stay by the tariff in force."""

    open_work: OpenWork
    clock: Clock

    async def __call__(self, query: CreateQuote) -> tuple[Price, str, datetime]:
        """The price, the tariff version, and until when it is sure. Raises as `ReserveSpotHandler` does."""
        wish, now = query.wish, self.clock.now()
        check_bookable(wish.period, now)
        async with self.open_work() as work:
            lot = await work.lots.get(wish.parking_lot_id)
        check_open(lot, wish.period)
        validity: timedelta = HOLD
        return price(lot.tariff, wish.period, lot.zone), str(lot.tariff.id), now + validity
