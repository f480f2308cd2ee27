"""How full the watched lots are."""

from dataclasses import dataclass

from parking_service.application.ports import LotViews, OccupancyRate


@dataclass(frozen=True, slots=True)
class MeasureOccupancy:
    """At this moment."""


@dataclass(frozen=True, slots=True)
class MeasureOccupancyHandler:
    """Sums up what was last seen."""

    views: LotViews

    async def __call__(self, _query: MeasureOccupancy) -> OccupancyRate:
        """Over all lots that are watched."""
        return await self.views.occupancy_rate()
