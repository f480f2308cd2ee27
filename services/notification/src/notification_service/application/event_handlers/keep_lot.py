"""Parking published something about a lot."""

from dataclasses import dataclass

from notification_service.application.ports import LotCopy, Work


@dataclass(frozen=True, slots=True)
class KeepLot:
    """The lot as it now is."""

    lot: LotCopy


async def keep_lot(work: Work, event: KeepLot) -> None:
    """Keep its name and zone, unless a newer version is stored already."""
    await work.copies.keep_lot(event.lot)
