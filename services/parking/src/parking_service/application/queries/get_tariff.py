"""The tariff of a lot."""

from dataclasses import dataclass
from uuid import UUID

from parking_service.application.ports import LotViews
from parking_service.domain.tariffs import TariffState


@dataclass(frozen=True, slots=True)
class GetTariff:
    """Of which lot."""

    lot_id: UUID


@dataclass(frozen=True, slots=True)
class GetTariffHandler:
    """Reads the version in force."""

    views: LotViews

    async def __call__(self, query: GetTariff) -> TariffState:
        """Raises `UnknownLot`."""
        return await self.views.tariff(query.lot_id)
