"""What is asked for: spots and hours that nobody else asks for."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count, cycle, islice
from random import Random
from uuid import uuid4

from benchmarks.load import Request

from parking_demo.people import API, CarPark, Driver, Json, tomorrow_at

HOUR = timedelta(hours=1)
CREATED = 201


@dataclass
class Wishes:
    """Each spot's each hour, once: an hour after the other, the spots of all lots in any order."""

    lots: Sequence[CarPark]
    random: Random
    _left: Iterator[Json] = field(init=False)

    def __post_init__(self) -> None:
        self._left = self._endless()

    def take(self, number: int) -> Sequence[Json]:
        """So many bodies of `POST /reservations`."""
        return list(islice(self._left, number))

    def _endless(self) -> Iterator[Json]:
        spots = [(lot.id, spot) for lot in self.lots for spot in lot.spots.values()]
        first = tomorrow_at(0)
        for hour in count():
            start = first + hour * HOUR
            times = {"start_time": start.isoformat(), "end_time": (start + HOUR).isoformat()}
            for lot_id, spot_id in self.random.sample(spots, len(spots)):
                yield {"parking_lot_id": lot_id, "spot_id": spot_id, **times}


def booking(wish: Json, driver: Driver, expected: Collection[int] = (CREATED,)) -> Request:
    """A wish as a driver's request, with a key of its own."""
    headers = {**driver.authorization, "Idempotency-Key": str(uuid4())}
    return Request("POST", f"{API}/reservations", expected, headers, wish)


def bookings(wishes: Sequence[Json], drivers: Sequence[Driver]) -> Sequence[Request]:
    """All wishes, by the drivers in turn."""
    return [booking(wish, driver) for wish, driver in zip(wishes, cycle(drivers), strict=False)]
