"""What a stay costs, promised for a quarter of an hour."""

from dataclasses import dataclass
from datetime import timedelta

from parking_kernel.askers import THE_SERVICE
from parking_kernel.clocks import Clock
from parking_kernel.pricing import Price
from reservation_service.application.ports import OpenWork, SpotRequest, Tokens
from reservation_service.domain.lots import LEAST_STAY, check_bookable, check_open
from reservation_service.domain.quotes import Quote
from reservation_service.domain.reservations import HOLD


@dataclass(frozen=True, slots=True)
class CreateQuote:
    """A driver asks for a price."""

    request: SpotRequest


@dataclass(frozen=True, slots=True)
class CreateQuoteHandler:
    """Prices the stay by the tariff in force, and promises that a booking costs the same until the quote expires.

    A price is promised, no spot. A booking without the quote is priced by the version in force when it is made.
    """

    open_work: OpenWork
    clock: Clock
    tokens: Tokens
    least_stay: timedelta = LEAST_STAY

    async def __call__(self, query: CreateQuote) -> tuple[Price, Quote, str]:
        """The price, what is promised of it, and the id by which a booking names that.

        Raises as `ReserveSpotHandler` does.
        """
        request, now = query.request, self.clock.now()
        check_bookable(request.period, now, self.least_stay)
        async with self.open_work(THE_SERVICE) as work:
            lot = await work.lots.get(request.parking_lot_id)
        check_open(lot, request.period)
        price = lot.price(request.period)
        expires_at = (now + HOLD).replace(microsecond=0)  # as the token can say it
        quote = Quote(lot.id, request.spot_type, request.period, lot.priced_by.id, price.total, expires_at)
        return price, quote, self.tokens.quote_id(quote)
