"""How full a lot was."""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from analytics_service.application.ports import Figures, OpenWork
from analytics_service.domain.buckets import Bucket, Interval, buckets
from analytics_service.domain.errors import InvalidQuestion, UnknownLot
from analytics_service.domain.occupancy import Sensed, Watch, booked_rates, spot_time
from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock

_MOST_SIGHTINGS = 200_000  # some ten seconds


@dataclass(frozen=True, slots=True)
class GetOccupancy:
    """Of a lot in a period."""

    asker: Asker
    parking_lot_id: UUID
    starts_at: datetime
    ends_at: datetime
    interval: Interval


@dataclass(frozen=True, slots=True)
class _Rates:
    """The two rates, neither of which says anything about the other; none where nothing is known.

    `sensed_spots` is over how many spots something was seen.
    """

    bucket: Bucket
    booked: float | None
    sensed: float | None
    sensed_spots: float


@dataclass(frozen=True, slots=True)
class GetOccupancyHandler:
    """Weights stays and sightings by time. A sighting says nothing about the future."""

    open_work: OpenWork
    figures: Figures
    clock: Clock
    most_sightings: int = _MOST_SIGHTINGS

    async def __call__(self, query: GetOccupancy) -> tuple[Sequence[_Rates], datetime]:
        """The rates of each bucket, and as of when. Raises `UnknownLot`, `InvalidQuestion` and `StoreAway`."""
        async with self.open_work(query.asker) as work:
            lot = await work.lots.get(query.parking_lot_id)
            sizes = await work.lots.sizes(query.parking_lot_id)
        if lot is None or not query.asker.operates(lot.organization_id):
            raise UnknownLot(query.parking_lot_id)
        periods = buckets(query.starts_at, query.ends_at, query.interval, lot.zone)
        as_of = self.clock.now()
        booked = booked_rates(periods, await self.figures.bookings(lot.id, periods), spot_time(periods, sizes))
        sensed = await self._sensed(lot.id, periods, as_of)
        rates = [
            _Rates(period, rate, seen.rate, seen.spots)
            for period, rate, seen in zip(periods, booked, sensed, strict=True)
        ]
        return rates, as_of

    async def _sensed(self, parking_lot_id: UUID, periods: Sequence[Bucket], as_of: datetime) -> list[Sensed]:
        watch = Watch(periods, as_of)
        seen = 0
        whole = Bucket(periods[0].starts_at, periods[-1].ends_at)
        async with aclosing(self.figures.sightings(parking_lot_id, whole)) as sightings:
            async for sighting in sightings:
                seen += 1
                if seen > self.most_sightings:
                    raise InvalidQuestion("to", f"must be nearer to from: more than {self.most_sightings} sightings")
                watch.see(sighting)
        return watch.sensed()
