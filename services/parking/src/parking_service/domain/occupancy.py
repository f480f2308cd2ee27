"""What sensors and counters saw. It says nothing about what can be booked (decision 0011)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from parking_kernel.violations import Violation

CLOCK_TOLERANCE = timedelta(minutes=2)
FRESH = timedelta(minutes=5)
SILENCE_HALVES_IN = timedelta(minutes=15)
STEADY = timedelta(hours=3)  # a count may well stand still for a night's first hours, hardly for longer
FREEZING_HALVES_IN = timedelta(hours=3)
LEAST_CONFIDENCE = 0.01


@dataclass(frozen=True, slots=True)
class SpotReading:
    """A sensor says whether a vehicle stands on a spot."""

    spot_id: UUID
    occupied: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class CountReading:
    """A counter says how many vehicles are in a lot, and how many it holds."""

    occupied: int
    capacity: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Digested:
    """What became of readings: how many were taken in, how many held nothing new, and which cannot be true."""

    applied: int
    unchanged: int
    refused: tuple[Violation, ...] = ()


def time_violations(at: datetime, now: datetime, pointer: str) -> Iterator[Violation]:
    """What is wrong with the time of a reading: clocks differ a little, but nothing is seen before it happens."""
    if at > now + CLOCK_TOLERANCE:
        yield Violation(pointer, f"lies in the future; now is {now.isoformat(timespec='seconds')}")


def count_violations(reading: CountReading) -> Iterator[Violation]:
    """Why a count cannot be true."""
    if reading.capacity < 0:
        yield Violation("/capacity", f"{reading.capacity} is negative")
    if reading.occupied < 0:
        yield Violation("/occupied", f"{reading.occupied} is negative")
    elif reading.occupied > reading.capacity >= 0:
        yield Violation("/occupied", f"{reading.occupied} is more than the capacity of {reading.capacity}")


def fits(capacity: int, spots: int) -> bool:
    """Whether a counter of this capacity counts a lot of so many spots: up to a tenth, or one, more or fewer.

    Another counter counts something else. A lot without numbered spots has as many as its counter says.
    """
    return spots == 0 or abs(capacity - spots) <= max(spots // 10, 1)


def capacity_violations(reading: CountReading, spots: int) -> Iterator[Violation]:
    """Why a count is none of a lot with so many spots."""
    if reading.capacity >= 0 and not fits(reading.capacity, spots):
        rule = f"{reading.capacity} is not that of this lot, which has {spots} spots: a tenth more or fewer at most"
        yield Violation("/capacity", rule)


@dataclass(frozen=True, slots=True)
class SpotOccupancyState:
    """What was last seen of a spot, and since when it has been so. `version` counts the changes."""

    spot_id: UUID
    parking_lot_id: UUID
    occupied: bool
    observed_at: datetime
    changed_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class LotCountState:
    """What was last counted in a lot, and since when the count has been the same. `version` counts the readings."""

    parking_lot_id: UUID
    occupied: int
    capacity: int
    observed_at: datetime
    changed_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class SpotSeen:
    """A spot was taken or left."""

    state: SpotOccupancyState


@dataclass(frozen=True, slots=True)
class LotCounted:
    """A counter reported."""

    state: LotCountState


class SpotOccupancy:
    """The sightings of one spot: the newest wins, and a change makes an event."""

    def __init__(self, spot_id: UUID, parking_lot_id: UUID, state: SpotOccupancyState | None = None) -> None:
        self._spot_id = spot_id
        self._parking_lot_id = parking_lot_id
        self.state = state
        self.events: list[SpotSeen] = []

    def see(self, reading: SpotReading) -> bool:
        """Take a reading in; false when it is not newer than what is known, and so changes nothing."""
        known = self.state
        if known is None:
            self._change(
                SpotOccupancyState(
                    self._spot_id, self._parking_lot_id, reading.occupied, reading.at, reading.at, version=1
                )
            )
            return True
        if reading.at <= known.observed_at:
            return False
        self.state = replace(known, observed_at=reading.at)
        if reading.occupied is not known.occupied:
            self._change(
                replace(self.state, occupied=reading.occupied, changed_at=reading.at, version=known.version + 1)
            )
        return True

    def _change(self, state: SpotOccupancyState) -> None:
        self.state = state
        self.events.append(SpotSeen(state))


class LotCount:
    """The counts of one lot: the newest wins, and each one taken in makes an event."""

    def __init__(self, parking_lot_id: UUID, state: LotCountState | None = None) -> None:
        self._parking_lot_id = parking_lot_id
        self.state = state
        self.events: list[LotCounted] = []

    def count(self, reading: CountReading) -> bool:
        """Take a reading in; false when it is not newer than what is known, and so changes nothing."""
        known = self.state
        if known is not None and reading.at <= known.observed_at:
            return False
        same = known is not None and (known.occupied, known.capacity) == (reading.occupied, reading.capacity)
        self.state = LotCountState(
            self._parking_lot_id,
            reading.occupied,
            reading.capacity,
            reading.at,
            known.changed_at if known and same else reading.at,
            known.version + 1 if known else 1,
        )
        self.events.append(LotCounted(self.state))
        return True


@dataclass(frozen=True, slots=True)
class Fading:
    """Watchers that fall silent one by one: these add a share as of an instant, the others were seen `fresh_since`."""

    fresh_since: datetime | None
    share: float
    as_of: datetime


def confidence(
    observed_at: datetime | None,
    changed_at: datetime | None,
    coverage: float,
    now: datetime,
    fading: Fading | None = None,
) -> float:
    """How far the last readings show the present, from 0 to 1.

    `coverage` is the share of the spots that are watched. After five minutes of silence it halves every quarter of an
    hour, for each spot and each counter by itself (`fading`); a count that has not moved for three hours (a frozen feed
    repeats itself) loses half every three hours.
    """
    if observed_at is None or changed_at is None:
        return 0.0
    fresh_since = fading.fresh_since if fading else None
    trust = coverage * _halved(now - (fresh_since or observed_at) - FRESH, SILENCE_HALVES_IN)
    if fading:
        trust += fading.share * _halved(now - fading.as_of, SILENCE_HALVES_IN)
    trust *= _halved(observed_at - changed_at - STEADY, FREEZING_HALVES_IN)
    return round(trust, 2) if trust >= LEAST_CONFIDENCE else 0.0


def _halved(passed: timedelta, every: timedelta) -> float:
    return 0.5 ** (max(passed, timedelta()) / every)
