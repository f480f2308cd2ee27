"""A version of a lot or a spot took supply away."""

from collections.abc import Iterable

from reservation_service.application.ports import Work
from reservation_service.domain.supply import SupplyChange, TakenAway


async def begin_supply_changes(work: Work, taken: Iterable[TakenAway]) -> None:
    """Store each change, or let it go on where another version has begun it; for the handlers of lots and spots.

    In one order, so that two consumers which have versions of the same changes do not wait for each other.
    """
    at = await work.time.now()
    for by in sorted({each.id: each for each in taken}.values(), key=lambda each: each.id):
        if not await work.supply_changes.add(SupplyChange.begun(by, at)):
            change = await work.supply_changes.get(by.id)
            change.goes_on(at)
            await work.supply_changes.save(change)
