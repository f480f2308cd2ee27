"""Parking published a lot."""

from dataclasses import dataclass

from reservation_service.application.event_handlers.begin_supply_changes import begin_supply_changes
from reservation_service.application.ports import LotCopy, Work
from reservation_service.domain.supply import TakenAway


@dataclass(frozen=True, slots=True)
class KeepLot:
    """The lot as it now is, and the change by which it may have less than before."""

    lot: LotCopy
    change: TakenAway


async def keep_lot(work: Work, event: KeepLot) -> None:
    """Store it, unless a newer version is here already; where it takes supply away, its bookings are to be settled."""
    lot, before = event.lot, await work.copies.lot(event.lot.id)
    if before and before.version >= lot.version:
        return
    await work.copies.keep_lot(lot)
    if event.change.is_named or (before and _has_less(lot, before)):
        await work.copies.note_lot_change(lot.id, event.change.id)
        await begin_supply_changes(work, [event.change])


def _has_less(lot: LotCopy, before: LotCopy) -> bool:
    """Whether it is retired now, or has other hours: those that are longer have no booking in their way."""
    hours_changed = lot.opening_hours is not None and lot.opening_hours != before.opening_hours
    return hours_changed or (lot.is_retired and not before.is_retired)
