"""Parking published something about a lot."""

from dataclasses import dataclass
from datetime import datetime

from analytics_service.application.ports import LotCopy, Work


@dataclass(frozen=True, slots=True)
class KeepLot:
    """The lot as it is since an instant."""

    lot: LotCopy
    since: datetime


async def keep_lot(work: Work, event: KeepLot) -> None:
    """Keep it, unless a newer version is stored already."""
    await work.lots.keep(event.lot, event.since)
