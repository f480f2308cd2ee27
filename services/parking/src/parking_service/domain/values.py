"""Values: places, zones, and the change by which supply goes away."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from math import asin, cos, radians, sin, sqrt
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from parking_kernel.violations import Violation

MAX_LATITUDE = 90
MAX_LONGITUDE = 180
EARTH_RADIUS = 6_371_009  # metres: the mean one
AREAS = frozenset(
    {
        *("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"),
        *("Brazil", "Canada", "Chile", "Mexico", "US"),
    }
)
"""What the zones of places begin with. `UTC`, `Etc/GMT+3`, `CET` and `localtime` are of no place."""


@dataclass(frozen=True, slots=True)
class Place:
    """A point on the earth in degrees (WGS 84)."""

    latitude: float
    longitude: float


class AffectedPolicy(StrEnum):
    """What becomes of the bookings in the way: another spot of the lot where there is one, or their money back."""

    MOVE = "move"
    REFUND = "refund"


@dataclass(frozen=True, slots=True)
class SupplyChange:
    """What an event says that takes supply away: by which change, and what becomes of the bookings in the way."""

    id: UUID
    affected: AffectedPolicy


def place_violations(place: Place, pointer: str) -> Iterator[Violation]:
    """What is wrong with a place; a value that is no number is wrong too."""
    if not -MAX_LATITUDE <= place.latitude <= MAX_LATITUDE:
        yield Violation(f"{pointer}/latitude", "must lie between -90 and 90 degrees")
    if not -MAX_LONGITUDE <= place.longitude <= MAX_LONGITUDE:
        yield Violation(f"{pointer}/longitude", "must lie between -180 and 180 degrees")


def metres_between(one: Place, other: Place) -> float:
    """The way along a sphere (haversine): off by half a percent at most."""
    north, other_north = radians(one.latitude), radians(other.latitude)
    east = radians(other.longitude - one.longitude)
    chord = sin((other_north - north) / 2) ** 2 + cos(north) * cos(other_north) * sin(east / 2) ** 2
    return 2 * EARTH_RADIUS * asin(sqrt(min(chord, 1)))


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    """The zones of places: what else a system calls a zone says nothing about where a lot is."""
    return frozenset(name for name in available_timezones() if "/" in name and name.partition("/")[0] in AREAS)


def zone_violations(name: str, pointer: str) -> Iterator[Violation]:
    """What is wrong with the name of a time zone."""
    if name not in _zones():
        yield Violation(pointer, f"{name!r} is no IANA time zone of a place, such as Europe/Zurich")


def zone(name: str) -> ZoneInfo:
    """The zone of a checked name."""
    return ZoneInfo(name)
