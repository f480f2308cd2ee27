"""How many spots of a lot are available now: neither taken nor somebody's at this instant (decision 0038)."""

from dataclasses import dataclass
from datetime import datetime

from parking_kernel.sightings import COUNT_HOLDS_FOR
from parking_service.domain.occupancy import LotCountState, fits


@dataclass(frozen=True, slots=True)
class Sensors:
    """What the sensors of the spots in service say, each spot by itself.

    `seen` spots were seen within the last day, `taken` of them with a car. `fresh` ones were seen within five minutes,
    the first of them at `fresh_since`; `fading` sums up how far the others still show the present.
    """

    seen: int = 0
    taken: int = 0
    fresh: int = 0
    fading: float = 0.0
    fresh_since: datetime | None = None
    observed_at: datetime | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Present:
    """A lot as it is at an instant.

    `spots` are all that it has, `usable` those in service. `unavailable` are the usable ones that are taken by a fresh
    sensor's word, by a car that came in through a gate, or by a booking that blocks now. `inside` and `expected` count
    bookings: cars that are in, and those that may come at this instant and have not. `changes_at` is when the first of
    these becomes another by the mere passing of time.
    """

    at: datetime
    spots: int
    usable: int
    unavailable: int
    inside: int
    expected: int
    sensors: Sensors = Sensors()
    count: LotCountState | None = None
    changes_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FreeSpots:
    """What is available at an instant, and what was seen.

    `taken` is what was seen alone, and none where nothing that was seen says anything any more. `coverage` is the share
    of spots that were seen a moment ago, `fading` what the others add to it.
    """

    usable: int
    free: int
    taken: int | None
    coverage: float
    fading: float
    fresh_since: datetime | None
    observed_at: datetime | None
    changed_at: datetime | None
    counted_at: datetime
    next_at: datetime | None


def available_now(present: Present) -> FreeSpots:
    """By the lot's counter where that counts, else spot by spot."""
    if present.count and _counts(present, present.count):
        return _by_counter(present, present.count)
    return _by_spots(present)


def _counts(present: Present, count: LotCountState) -> bool:
    """Whether the counter has the say: one of this lot, that is not silent, and that no sensors know better than.

    A lot without numbered spots has nothing but its counter.
    """
    if present.spots == 0:
        return True
    sensors = present.sensors
    all_are_seen = sensors.seen == present.usable
    is_overtaken = all_are_seen and sensors.observed_at is not None and sensors.observed_at > count.observed_at
    is_silent = present.at - count.observed_at >= COUNT_HOLDS_FOR
    return fits(count.capacity, present.spots) and not is_silent and not is_overtaken


def _by_counter(present: Present, count: LotCountState) -> FreeSpots:
    capacity = present.usable if present.spots else count.capacity
    counted = min(_scaled(count, present.spots), capacity)
    silent_at = count.observed_at + COUNT_HOLDS_FOR
    return FreeSpots(
        usable=capacity,
        free=max(capacity - max(counted, present.inside) - present.expected, 0),
        taken=counted if present.at < silent_at else None,
        coverage=1.0,
        fading=0.0,
        fresh_since=count.observed_at,
        observed_at=count.observed_at,
        changed_at=count.changed_at,
        counted_at=present.at,
        next_at=_first(present.at, present.changes_at, silent_at),
    )


def _by_spots(present: Present) -> FreeSpots:
    sensors, of_all = present.sensors, max(present.usable, 1)
    observed_at, changed_at = _last_seen(present)
    return FreeSpots(
        usable=present.usable,
        free=present.usable - present.unavailable,
        taken=sensors.taken if sensors.seen else None,
        coverage=sensors.fresh / of_all,
        fading=sensors.fading / of_all,
        fresh_since=sensors.fresh_since,
        observed_at=observed_at,
        changed_at=changed_at,
        counted_at=present.at,
        next_at=_first(present.at, present.changes_at),
    )


def _last_seen(present: Present) -> tuple[datetime | None, datetime | None]:
    """When anything was seen last, and since when it has been so: a counter that fell silent shows its age."""
    sensors, count = present.sensors, present.count
    if count is None or not fits(count.capacity, present.spots):
        return sensors.observed_at, sensors.changed_at
    if sensors.observed_at is not None and sensors.observed_at > count.observed_at:
        return sensors.observed_at, sensors.changed_at
    return count.observed_at, count.changed_at


def _scaled(count: LotCountState, spots: int) -> int:
    """The count of a counter that holds a few more or fewer: a part of a car is a car."""
    if spots in {0, count.capacity} or count.capacity == 0:
        return count.occupied
    return -(-count.occupied * spots // count.capacity)


def _first(after: datetime, *instants: datetime | None) -> datetime | None:
    return min((instant for instant in instants if instant is not None and instant > after), default=None)
