"""Parking published spots."""

from collections.abc import Sequence
from dataclasses import dataclass

from reservation_service.application.ports import SpotCopy, Work


@dataclass(frozen=True, slots=True)
class KeepSpots:
    """The spots as they now are: a lot comes with hundreds at once, and one may come twice."""

    spots: Sequence[SpotCopy]


async def keep_spots(work: Work, event: KeepSpots) -> None:
    """Store each, unless a newer version is here already."""
    await work.copies.keep_spots(event.spots)
