"""How full a lot was."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from analytics_service.application.ports import Asker, Clock, Figures, OpenWork
from analytics_service.domain.buckets import Bucket, Interval, buckets
from analytics_service.domain.errors import UnknownLot
from analytics_service.domain.occupancy import booked_rate, sensed_rate


@dataclass(frozen=True, slots=True)
class GetOccupancy:
    """Of a lot in a period."""

    asker: Asker
    parking_lot_id: UUID
    starts_at: datetime
    ends_at: datetime
    interval: Interval


@dataclass(frozen=True, slots=True)
class OccupancyBucket:
    """The two rates, neither of which says anything about the other; none where nothing is known."""

    bucket: Bucket
    booked: float | None
    sensed: float | None


@dataclass(frozen=True, slots=True)
class GetOccupancyHandler:
    """Weights stays and sightings by time. A sighting says nothing about the future."""

    open_work: OpenWork
    figures: Figures
    clock: Clock

    async def __call__(self, query: GetOccupancy) -> tuple[Sequence[OccupancyBucket], datetime]:
        """The buckets, and as of when. Raises `UnknownLot`, `InvalidQuestion` and `StoreAway`."""
        async with self.open_work() as work:
            lot = await work.lots.get(query.parking_lot_id)
        if lot is None or not query.asker.operates(lot.organization_id):
            raise UnknownLot(query.parking_lot_id)
        periods = buckets(query.starts_at, query.ends_at, query.interval, lot.zone)
        whole = Bucket(periods[0].starts_at, periods[-1].ends_at)
        as_of = self.clock.now()
        stays = await self.figures.stays(lot.id, whole)
        sightings = await self.figures.sightings(lot.id, whole, lot.spots)
        return [
            OccupancyBucket(
                period,
                booked_rate(period, stays, lot.spots),
                sensed_rate(_until(period, as_of), sightings) if period.starts_at < as_of else None,
            )
            for period in periods
        ], as_of


def _until(period: Bucket, as_of: datetime) -> Bucket:
    return Bucket(period.starts_at, min(period.ends_at, as_of))
