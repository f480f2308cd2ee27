"""One spot."""

from dataclasses import dataclass
from uuid import UUID

from parking_service.application.ports import LotViews, SpotView


@dataclass(frozen=True, slots=True)
class GetSpot:
    """Which one."""

    spot_id: UUID


@dataclass(frozen=True, slots=True)
class GetSpotHandler:
    """Reads the spot with what was last seen of it."""

    views: LotViews

    async def __call__(self, query: GetSpot) -> SpotView:
        """Raises `UnknownSpot`."""
        return await self.views.spot(query.spot_id)
