"""Parking published a lot."""

from dataclasses import dataclass

from reservation_service.application.ports import LotCopy, Work


@dataclass(frozen=True, slots=True)
class KeepLot:
    """The lot as it now is."""

    lot: LotCopy


async def keep_lot(work: Work, event: KeepLot) -> None:
    """Store it, unless a newer version is here already."""
    await work.copies.keep_lot(event.lot)
