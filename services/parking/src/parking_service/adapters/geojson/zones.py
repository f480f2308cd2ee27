"""Whether a place lies in the time zone that its lot is to have."""

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tzfpy

from parking_service.domain.values import MAX_LATITUDE, Place

SUMMER_AND_WINTER = (datetime(2026, 1, 15, 12, tzinfo=UTC), datetime(2026, 7, 15, 12, tzinfo=UTC))


def place_warnings(place: Place, time_zone: str) -> tuple[str, ...]:
    """What looks wrong with a place: it lies in a zone with another clock, above all if its numbers are swapped."""
    if time_zone in tzfpy.get_tzs(place.longitude, place.latitude):
        return ()
    here = tzfpy.get_tz(place.longitude, place.latitude)
    is_other_clock = not _same_clock(here, time_zone)
    if abs(place.longitude) <= MAX_LATITUDE:
        swapped = tzfpy.get_tz(place.latitude, place.longitude)
        if swapped == time_zone or (is_other_clock and _same_clock(swapped, time_zone)):
            return (f"latitude and longitude look swapped: the place lies in {here}, and swapped in {swapped}",)
    return (f"the place lies in the time zone {here}, not in {time_zone}",) if is_other_clock else ()


@lru_cache(maxsize=1_024)
def _same_clock(one: str, other: str) -> bool:
    try:
        zones = ZoneInfo(one), ZoneInfo(other)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return all(at.astimezone(zones[0]).utcoffset() == at.astimezone(zones[1]).utcoffset() for at in SUMMER_AND_WINTER)
