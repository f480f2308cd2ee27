"""What the clients request: spots and hours that nobody else requests."""

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
class SpotRequests:
    """Every hour of every spot, once: one hour after the other, the spots of all lots in random order."""

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


def booking(spot_request: Json, driver: Driver, expected: Collection[int] = (CREATED,)) -> Request:
    """A spot request as a driver sends it, with an idempotency key of its own."""
    headers = {**driver.authorization, "Idempotency-Key": str(uuid4())}
    return Request("POST", f"{API}/reservations", expected, headers, spot_request)


def bookings(spot_requests: Sequence[Json], drivers: Sequence[Driver]) -> Sequence[Request]:
    """All spot requests, sent by the drivers in turn."""
    return [booking(spot_request, driver) for spot_request, driver in zip(spot_requests, cycle(drivers), strict=False)]
