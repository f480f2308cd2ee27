"""One lot."""

from dataclasses import dataclass
from uuid import UUID

from parking_service.application.ports import LotView, LotViews


@dataclass(frozen=True, slots=True)
class GetLot:
    """Which one."""

    lot_id: UUID


@dataclass(frozen=True, slots=True)
class GetLotHandler:
    """Reads the lot with its free spots."""

    views: LotViews

    async def __call__(self, query: GetLot) -> LotView:
        """Also a retired one. Raises `UnknownLot`."""
        return await self.views.lot(query.lot_id)
