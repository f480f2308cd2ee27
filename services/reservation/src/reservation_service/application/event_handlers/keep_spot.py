"""Parking told something of a spot."""

from dataclasses import dataclass

from reservation_service.application.ports import SpotCopy, Work


@dataclass(frozen=True, slots=True)
class KeepSpot:
    """The spot as it now is."""

    spot: SpotCopy


async def keep_spot(work: Work, event: KeepSpot) -> None:
    """Keep it, unless a newer version is kept already."""
    await work.copies.keep_spot(event.spot)
