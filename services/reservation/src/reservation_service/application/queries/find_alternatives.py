"""What else could be reserved."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from parking_kernel.askers import THE_SERVICE
from parking_kernel.periods import InvalidPeriod, Period
from reservation_service.application.ports import Alternative, OpenWork, SpotRequest, Work
from reservation_service.domain.errors import LotNotBookable
from reservation_service.domain.lots import GIVEN_TO_ANYBODY, LEAST_STAY, SPOT_TYPES, Lot, check_bookable, check_open

_SHIFTS = (timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2))
_NEARBY_LOTS = 3
_MOST = 5


@dataclass(frozen=True, slots=True)
class FindAlternatives:
    """The request that could not be met: for any spot, or any of a type."""

    request: SpotRequest


@dataclass(frozen=True, slots=True)
class FindAlternativesHandler:
    """First another spot at the same time, then one of each other type, then earlier or later, then the nearest lots.

    Only what a booking would take: of times and of lots that it would refuse none is found.
    """

    open_work: OpenWork
    least_stay: timedelta = LEAST_STAY

    async def __call__(self, query: FindAlternatives) -> Sequence[Alternative]:
        """Five at most, and beside them one of each other type of spot."""
        async with self.open_work(THE_SERVICE) as work:
            as_of = await work.time.now()
            lot = await work.lots.get(query.request.parking_lot_id)
            others = [each async for each in self._of_other_types(work, lot, query.request, as_of)]
            same_time: list[Alternative] = []
            found: list[Alternative] = []
            async for alternative in self._all(work, lot, query.request, as_of):
                is_at_the_time = not alternative.distance_m and alternative.period == query.request.period
                (same_time if is_at_the_time else found).append(alternative)
                if len(same_time) + len(found) == _MOST:
                    break
        return [*same_time, *others, *found]

    async def _of_other_types(
        self, work: Work, lot: Lot, request: SpotRequest, as_of: datetime
    ) -> AsyncIterator[Alternative]:
        asked = (request.spot_type,) if request.spot_type else GIVEN_TO_ANYBODY
        for spot_type in SPOT_TYPES:
            if spot_type not in asked and (
                found := await self._in_lot(work, lot, replace(request, spot_type=spot_type), as_of, 0)
            ):
                yield found

    async def _all(self, work: Work, lot: Lot, request: SpotRequest, as_of: datetime) -> AsyncIterator[Alternative]:
        for period in (request.period, *_shifted(request.period, as_of)):
            if found := await self._in_lot(work, lot, replace(request, period=period), as_of, 0):
                yield found
        for neighbour, distance_m in await work.lots.near(lot.id, _NEARBY_LOTS):
            there = replace(request, parking_lot_id=neighbour.id)
            if found := await self._in_lot(work, neighbour, there, as_of, round(distance_m)):
                yield found

    async def _in_lot(
        self, work: Work, lot: Lot, request: SpotRequest, as_of: datetime, distance_m: int
    ) -> Alternative | None:
        try:
            check_bookable(request.period, as_of, self.least_stay)
            check_open(lot, request.period)
            cost = lot.price(request.period)
        except (InvalidPeriod, LotNotBookable):
            return None
        spot = await work.timetable.free_spot(request)
        if spot is None:
            return None
        return Alternative(lot.id, lot.name, spot, request.period, cost, distance_m, as_of)


def _shifted(period: Period, as_of: datetime) -> list[Period]:
    # The period's own length clears a time that one reservation of the same length holds.
    shifts = (sign * shift for shift in (*_SHIFTS, period.length) for sign in (1, -1))
    moved = (Period(period.starts_at + shift, period.ends_at + shift) for shift in dict.fromkeys(shifts))
    return [each for each in moved if each.starts_at >= as_of]
