"""What a stay would cost."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from parking_kernel.askers import THE_SERVICE
from parking_kernel.clocks import Clock
from parking_kernel.pricing import Price
from reservation_service.application.ports import OpenWork, SpotRequest
from reservation_service.domain.lots import LEAST_STAY, check_bookable, check_open
from reservation_service.domain.reservations import HOLD


@dataclass(frozen=True, slots=True)
class CreateQuote:
    """A driver asks for a price."""

    request: SpotRequest


@dataclass(frozen=True, slots=True)
class CreateQuoteHandler:
    """Prices the stay by the tariff in force.

    A booking is priced by the version in force when it is made, and keeps it. So its price is this one, line by line,
    unless a new version came in between; the booking's answer says which price it is before anything is paid.
    """

    open_work: OpenWork
    clock: Clock
    least_stay: timedelta = LEAST_STAY

    async def __call__(self, query: CreateQuote) -> tuple[Price, str, datetime]:
        """The price, the tariff version, and until when it may be relied on. Raises as `ReserveSpotHandler` does."""
        request, now = query.request, self.clock.now()
        check_bookable(request.period, now, self.least_stay)
        async with self.open_work(THE_SERVICE) as work:
            lot = await work.lots.get(request.parking_lot_id)
        check_open(lot, request.period)
        return lot.price(request.period), str(lot.priced_by.id), now + HOLD
