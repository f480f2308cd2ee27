"""How full a lot was, weighted by time: by what was booked, and by what sensors saw. The two are never mixed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from analytics_service.domain.buckets import Bucket

FRESH_FOR = timedelta(hours=1)  # a sighting says nothing about later than that


@dataclass(frozen=True, slots=True)
class Stay:
    """A spot's time that was booked."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Sighting:
    """The share of a lot that was seen taken from an instant on, between 0 and 1 (more where a counter errs)."""

    at: datetime
    rate: float


def booked_rate(bucket: Bucket, stays: Sequence[Stay], spots: int) -> float | None:
    """The share of the spots' time that was booked; none for a lot without spots."""
    if spots == 0:
        return None
    seconds = sum(_overlap(bucket, stay.starts_at, stay.ends_at) for stay in stays)
    return seconds / (spots * bucket.seconds)


def sensed_rate(bucket: Bucket, sightings: Sequence[Sighting]) -> float | None:
    """The time-weighted share of what sensors saw; none where nothing was seen.

    `sightings` are in the order of time and begin before the bucket where possible. Each counts until the next, and
    for an hour at most; time of which nothing is known is left out.
    """
    known = weighted = 0.0
    followers = [*(sighting.at for sighting in sightings[1:]), bucket.ends_at]
    for sighting, next_at in zip(sightings, followers, strict=True):
        seconds = _overlap(bucket, sighting.at, min(next_at, sighting.at + FRESH_FOR))
        known += seconds
        weighted += seconds * sighting.rate
    return weighted / known if known else None


def _overlap(bucket: Bucket, starts_at: datetime, ends_at: datetime) -> float:
    return max(0.0, (min(bucket.ends_at, ends_at) - max(bucket.starts_at, starts_at)).total_seconds())
