"""What was earned."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from analytics_service.application.ports import Figures, OpenWork, Scope
from analytics_service.domain.buckets import Interval, buckets
from analytics_service.domain.errors import InvalidQuestion, UnknownLot, UnknownOrganization
from analytics_service.domain.revenue import Revenue
from parking_kernel.askers import Asker

_SHARED_ZONE = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class GetRevenue:
    """Of a lot, or of an organization, in one currency."""

    asker: Asker
    parking_lot_id: UUID | None
    organization_id: UUID | None
    starts_at: datetime
    ends_at: datetime
    interval: Interval
    currency: str | None


@dataclass(frozen=True, slots=True)
class GetRevenueHandler:
    """Adds the ledger's entries up, on the lot's own clock; on that of UTC for lots of several zones."""

    open_work: OpenWork
    figures: Figures

    async def __call__(self, query: GetRevenue) -> Revenue:
        """Raises `UnknownLot`, `UnknownOrganization`, `InvalidQuestion` and `StoreAway`."""
        scope, zone, fallback = await self._scope(query)
        periods = buckets(query.starts_at, query.ends_at, query.interval, zone)
        currency = query.currency or await self._only_currency(scope, fallback)
        sums = await self.figures.revenue(scope, periods, currency)
        return Revenue(currency, list(zip(periods, sums, strict=True)))

    async def _scope(self, query: GetRevenue) -> tuple[Scope, ZoneInfo, str | None]:
        if (query.parking_lot_id is None) == (query.organization_id is None):
            raise InvalidQuestion("parking_lot_id", "this or organization_id must be given, and only one of them")
        async with self.open_work(query.asker) as work:
            if query.parking_lot_id is not None:
                lot = await work.lots.get(query.parking_lot_id)
                if lot is None or not query.asker.operates(lot.organization_id):
                    raise UnknownLot(query.parking_lot_id)
                return Scope(lot.organization_id, lot.id), lot.zone, lot.currency
            assert query.organization_id is not None
            if not query.asker.operates(query.organization_id):
                raise UnknownOrganization(query.organization_id)
            lots = await work.lots.of_organization(query.organization_id)
        zones, currencies = {lot.zone for lot in lots}, {lot.currency for lot in lots}
        return (
            Scope(query.organization_id),
            zones.pop() if len(zones) == 1 else _SHARED_ZONE,
            currencies.pop() if len(currencies) == 1 else None,
        )

    async def _only_currency(self, scope: Scope, fallback: str | None) -> str:
        found = await self.figures.currencies(scope)
        if len(found) > 1:
            raise InvalidQuestion("currency", f"must be given: there are {', '.join(sorted(found))}")
        currency = found[0] if found else fallback
        if currency is None:
            raise InvalidQuestion("currency", "must be given: nothing was booked yet")
        return currency
