"""The spots of a lot."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from parking_service.application.ports import LotViews, SpotView
from parking_service.domain.spots import SpotType


@dataclass(frozen=True, slots=True)
class ListSpots:
    """Those of a lot, or of one type of it, by number, after one of them; without `limit` all."""

    lot_id: UUID
    spot_type: SpotType | None = None
    after: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class ListSpotsHandler:
    """Reads plan and occupancy."""

    views: LotViews

    async def __call__(self, query: ListSpots) -> Sequence[SpotView]:
        """The spots by number. Raises `UnknownLot`."""
        return await self.views.spots(query.lot_id, query.spot_type, query.after, query.limit)
