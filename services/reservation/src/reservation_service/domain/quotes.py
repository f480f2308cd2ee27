"""Quotes bind: what was promised of a price, and what a driver is willing to pay."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from parking_kernel.money import Money
from parking_kernel.periods import Period
from reservation_service.domain.errors import PriceChanged, QuoteExpired, UnfitTerms
from reservation_service.domain.lots import Lot


@dataclass(frozen=True, slots=True)
class Quote:
    """A promise: until it expires, the period costs this total by this tariff version. No type: any spot."""

    parking_lot_id: UUID
    spot_type: str | None
    period: Period
    tariff_id: UUID
    total: Money
    expires_at: datetime

    def check_fits(self, parking_lot_id: UUID, period: Period, spot_type: str | None) -> None:
        """Raise `UnfitTerms`, which names the field, where something else is to be booked than was quoted."""
        quoted = (
            ("parking_lot_id", parking_lot_id, self.parking_lot_id),
            ("start_time", period.starts_at, self.period.starts_at),
            ("end_time", period.ends_at, self.period.ends_at),
            ("spot_type", spot_type, self.spot_type),
        )
        for field, wanted, promised in quoted:
            if wanted != promised:
                said = promised.isoformat() if isinstance(promised, datetime) else promised
                raise UnfitTerms(field, f"must be {said}, as in the quote" if said else "is not in the quote")


@dataclass(frozen=True, slots=True)
class PriceTerms:
    """What a booking may cost: what was quoted, or at most a total; without either, what the tariff in force says."""

    quote: Quote | None = None
    max_total: Money | None = None

    def check(self, lot: Lot, period: Period, at: datetime) -> None:
        """Raise `QuoteExpired`, `PriceChanged` or `UnfitTerms` where it costs something else.

        `lot` is priced by the version that the quote names. A release that counts otherwise than the one that quoted
        cannot keep the promise: that is an expired quote, too.
        """
        if self.quote and (at >= self.quote.expires_at or lot.price(period).total != self.quote.total):
            raise QuoteExpired
        if self.max_total is None:
            return
        total = lot.price(period).total
        if total.currency != self.max_total.currency:
            raise UnfitTerms("max_total/currency", f"must be {total.currency}, in which the lot is paid")
        if total.amount > self.max_total.amount:
            raise PriceChanged(total)
