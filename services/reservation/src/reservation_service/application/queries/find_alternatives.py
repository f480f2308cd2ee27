"""What else could be reserved."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from parking_kernel.periods import InvalidPeriod, Period
from parking_kernel.pricing import price
from reservation_service.application.ports import Alternative, OpenWork, Wish, Work
from reservation_service.domain.errors import LotNotBookable
from reservation_service.domain.lots import Lot, check_open
from reservation_service.domain.periods import check_bookable

_SHIFTS = (timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2))
_NEARBY_LOTS = 3
_MOST = 5


@dataclass(frozen=True, slots=True)
class FindAlternatives:
    """The wish that could not be met: for any spot, or any of a type."""

    wish: Wish


@dataclass(frozen=True, slots=True)
class FindAlternativesHandler:
    """First another spot at the same time, then the same lot somewhat earlier or later, then the nearest lots.

    Only what a booking would take: of times and of lots that it would refuse none is found.
    """

    open_work: OpenWork

    async def __call__(self, query: FindAlternatives) -> Sequence[Alternative]:
        """Five at most."""
        async with self.open_work() as work:
            as_of = await work.time.now()
            lot = await work.lots.get(query.wish.parking_lot_id)
            found: list[Alternative] = []
            async for alternative in self._all(work, lot, query.wish, as_of):
                found.append(alternative)
                if len(found) == _MOST:
                    break
        return found

    async def _all(self, work: Work, lot: Lot, wish: Wish, as_of: datetime) -> AsyncIterator[Alternative]:
        for period in (wish.period, *_shifted(wish.period, as_of)):
            if found := await self._in_lot(work, lot, replace(wish, period=period), as_of, 0):
                yield found
        for neighbour, distance_m in await work.lots.near(lot.id, _NEARBY_LOTS):
            there = replace(wish, parking_lot_id=neighbour.id)
            if found := await self._in_lot(work, neighbour, there, as_of, round(distance_m)):
                yield found

    async def _in_lot(self, work: Work, lot: Lot, wish: Wish, as_of: datetime, distance_m: int) -> Alternative | None:
        try:
            check_bookable(wish.period, as_of)
            check_open(lot, wish.period)
            tariff = lot.priced_by.tariff
        except (InvalidPeriod, LotNotBookable):
            return None
        spot = await work.allocations.free_spot(wish)
        if spot is None:
            return None
        return Alternative(lot.id, spot, wish.period, price(tariff, wish.period, lot.zone), distance_m, as_of)


def _shifted(period: Period, as_of: datetime) -> list[Period]:
    # The period's own length clears a time that one reservation of the same length holds.
    shifts = (sign * shift for shift in (*_SHIFTS, period.length) for sign in (1, -1))
    moved = (Period(period.starts_at + shift, period.ends_at + shift) for shift in dict.fromkeys(shifts))
    return [each for each in moved if each.starts_at >= as_of]
