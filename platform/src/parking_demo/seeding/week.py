"""What happens in the week: who parks where and when, and how it ends. The same numbers make the same week."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from random import Random
from typing import Final

from parking_demo.seeding.city import CarPark
from parking_service.domain.spots import SpotType

LENGTH: Final = timedelta(days=7)
TICK: Final = timedelta(hours=2)
AHEAD: Final = timedelta(days=2)
QUARTER: Final = timedelta(minutes=15)
OTHER_DRIVERS: Final = 24
ACCESSIBLE_SHARE, CHARGING_SHARE = 0.05, 0.15
LEADS: Final = (2, 3, 5, 8, 20, 30, 50)
"""Hours before the start at which people book."""


class Story(Enum):
    """How a booking goes on."""

    PARKS = auto()
    PARKS_TOO_LONG = auto()
    CANCELS = auto()
    LEAVES_UNPAID = auto()
    CARD_DECLINED = auto()
    SECOND_CARD = auto()
    STAYS_AWAY = auto()


S = Story
ENDINGS: Final = {
    S.PARKS: 74,
    S.PARKS_TOO_LONG: 5,
    S.CANCELS: 8,
    S.LEAVES_UNPAID: 3,
    S.CARD_DECLINED: 2,
    S.SECOND_CARD: 4,
    S.STAYS_AWAY: 4,
}
PAID: Final = frozenset(S) - {S.LEAVES_UNPAID, S.CARD_DECLINED}
PARKED: Final = frozenset({S.PARKS, S.PARKS_TOO_LONG, S.SECOND_CARD})

# What the demonstration's driver did, by days from the end of the week, and will do.
OWN: Final = (
    (-6, S.PARKS),
    (-5, S.CANCELS),
    (-4, S.LEAVES_UNPAID),
    (-3, S.STAYS_AWAY),
    (-2, S.PARKS_TOO_LONG),
    (-1, S.PARKS),
    (1, S.PARKS),
)
OWN_HOUR: Final = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Visit:
    """One booking. `driver` 0 is the demonstration's own; `car_park` counts the lines of the file."""

    number: int
    driver: int
    car_park: int
    spot_type: SpotType | None
    story: Story
    starts_at: datetime
    ends_at: datetime
    enters_at: datetime
    leaves_at: datetime

    @property
    def books_at(self) -> datetime:
        """When the driver thinks of it."""
        return self.starts_at - timedelta(hours=LEADS[self.number % len(LEADS)])


@dataclass(frozen=True, slots=True)
class Passage:
    """A car at a gate."""

    visit: Visit
    at: datetime
    inwards: bool


@dataclass(slots=True)
class Tick:
    """What is caught up with when the clock comes to `at`."""

    at: datetime
    passages: list[Passage] = field(default_factory=list[Passage])
    cancellations: list[Visit] = field(default_factory=list[Visit])
    bookings: list[Visit] = field(default_factory=list[Visit])


class Week:
    """The seven days before `ends_at`, in ticks, and what was booked by then for the days to come."""

    def __init__(self, car_parks: Sequence[CarPark], visits: int, ends_at: datetime) -> None:
        self._car_parks = car_parks
        self._random = Random(20)  # noqa: S311 - any number does, as long as it stays
        self._ends_at = ends_at
        begins_at = ends_at - LENGTH
        self.ticks = [Tick(begins_at + number * TICK) for number in range(LENGTH // TICK)] + [Tick(ends_at)]
        self._instants = [tick.at for tick in self.ticks]
        self.visits = [*self._own_visits(), *self._other_visits(visits)]
        for visit in self.visits:
            self._put_into_ticks(visit)
        for tick in self.ticks:
            tick.passages.sort(key=lambda passage: passage.at)

    def occupied(self, car_park: int, at: datetime) -> int:
        """How many cars a counter sees: those that booked, and many more that just came."""
        place = self._car_parks[car_park]
        chance = Random(f"{car_park} {at - self._ends_at}").uniform(0.92, 1.08)  # noqa: S311 - any number does
        wanted = round(place.total_spots * place.customs.share(at) * chance) if place.is_open(at) else 0
        return max(self._booked_inside(car_park, at), min(wanted, place.total_spots))

    def _booked_inside(self, car_park: int, at: datetime) -> int:
        return sum(
            visit.car_park == car_park and visit.story in PARKED and visit.enters_at <= at < visit.leaves_at
            for visit in self.visits
        )

    def _own_visits(self) -> Iterator[Visit]:
        always_open = [number for number, each in enumerate(self._car_parks) if each.opening_hours is None]
        for number, (day, story) in enumerate(OWN):
            starts_at = _quarter(self._ends_at + timedelta(days=day) + OWN_HOUR)
            car_park = always_open[number % len(always_open)]
            yield _visit(number, 0, car_park, None, story, starts_at, starts_at + OWN_HOUR)

    def _other_visits(self, count: int) -> Iterator[Visit]:
        chances = [car_park.total_spots**0.5 for car_park in self._car_parks]
        number = len(OWN)
        while number < len(OWN) + count:
            (car_park,) = self._random.choices(range(len(self._car_parks)), chances)
            if visit := self._other_visit(number, car_park):
                yield visit
                number += 1

    def _other_visit(self, number: int, car_park: int) -> Visit | None:
        """Somebody's, or nobody's: as many come at an hour as usually do, and only to a car park that is open."""
        place, random = self._car_parks[car_park], self._random
        starts_at = _quarter(self._instants[0] + 2 * TICK + random.random() * (LENGTH + AHEAD))
        ends_at = starts_at + timedelta(hours=random.choice(place.customs.stays))
        is_open = place.is_open(starts_at) and place.is_open(ends_at)
        # Drivers who book do so for the busy hours.
        if not is_open or random.random() > place.customs.share(starts_at) ** 2:
            return None
        (story,) = random.choices(list(ENDINGS), list(ENDINGS.values()))
        driver = random.randint(1, OTHER_DRIVERS)
        visit = _visit(number, driver, car_park, self._spot_type(place), story, starts_at, ends_at)
        if visit.books_at > self._ends_at:
            return None
        early, late = random.randint(-10, 20), random.randint(-30, -5)
        if story is S.PARKS_TOO_LONG:
            late = random.randint(10, 70)
        enters_at = starts_at + timedelta(minutes=early)
        leaves_at = max(enters_at + QUARTER, ends_at + timedelta(minutes=late))
        return replace(visit, enters_at=enters_at, leaves_at=leaves_at)

    def _spot_type(self, place: CarPark) -> SpotType | None:
        chance = self._random.random()
        if chance < ACCESSIBLE_SHARE:
            return SpotType.ACCESSIBLE
        if chance < ACCESSIBLE_SHARE + CHARGING_SHARE and SpotType.EV_CHARGING in place.capacity:
            return SpotType.EV_CHARGING
        return None

    def _put_into_ticks(self, visit: Visit) -> None:
        booked = max(0, bisect_right(self._instants, visit.books_at) - 1)
        self.ticks[booked].bookings.append(visit)
        following = booked + 1
        if visit.story is S.CANCELS and following < len(self.ticks) and self.ticks[following].at < visit.starts_at:
            self.ticks[following].cancellations.append(visit)
        elif visit.story in PARKED or visit.story is S.CANCELS:
            for at, inwards in ((visit.enters_at, True), (visit.leaves_at, False)):
                if at <= self._ends_at:
                    caught_up = self.ticks[bisect_left(self._instants, at)]
                    caught_up.passages.append(Passage(visit, at, inwards))


def _visit(
    number: int,
    driver: int,
    car_park: int,
    spot_type: SpotType | None,
    story: Story,
    starts_at: datetime,
    ends_at: datetime,
) -> Visit:
    """A visit that keeps to its times, but for one that is to stay too long."""
    leaves_at = ends_at + QUARTER if story is S.PARKS_TOO_LONG else ends_at
    return Visit(number, driver, car_park, spot_type, story, starts_at, ends_at, starts_at, leaves_at)


def _quarter(at: datetime) -> datetime:
    """The last quarter of an hour."""
    return at - timedelta(minutes=at.minute % 15, seconds=at.second, microseconds=at.microsecond)
