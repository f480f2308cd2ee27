"""Take supply away, if no booking is in the way, or the operator says what becomes of those that are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from parking_service.application.ports import Work
from parking_service.domain.bookings import AffectedBookings, Booking
from parking_service.domain.errors import BookingsAffected, SupplyChangeRunning
from parking_service.domain.supply import SupplyChangeState, SupplyDecision, SupplyLoss, SupplyProgress, SupplyTerms
from parking_service.domain.values import AffectedPolicy, SupplyChange


@dataclass(frozen=True, slots=True)
class TakeSupply:
    """Something is about to take this away, or nothing; in an import, with it. The id is of the change that it makes.

    Every way to change a lot or its spots asks this before it changes anything. `lost_before` is what it names besides
    that is gone already.
    """

    loss: SupplyLoss | None
    terms: SupplyTerms
    change_id: UUID
    at: datetime
    import_id: UUID | None = None
    lost_before: SupplyLoss | None = None


async def take_supply(work: Work, command: TakeSupply) -> SupplyDecision:
    """What is decided. Raises `BookingsAffected`, and `SupplyChangeRunning` where another change decides of a booking.

    A change for which no policy was named moves the bookings that parking's copy does not know yet. A preview shows
    also those of which another change decides.
    """
    loss, terms = command.loss, command.terms
    in_the_way = await _in_the_way(work, loss, command.at)
    bookings = AffectedBookings.of(in_the_way, await work.bookings.as_of())
    if terms.is_preview:
        return SupplyDecision(bookings, terms)
    if loss is None:
        return SupplyDecision(bookings, terms, repeated=await _repeated(work, command))
    for running in await work.supply_changes.running(loss.parking_lot_id):
        if running.decides(in_the_way):
            raise SupplyChangeRunning(running.id, running.affected)
    if in_the_way and terms.affected is None:
        raise BookingsAffected(bookings)
    change = SupplyChange(command.change_id, terms.affected or AffectedPolicy.MOVE)
    await work.supply_changes.add(
        SupplyChangeState(
            change.id,
            loss,
            change.affected,
            command.at,
            SupplyProgress(bookings.count),
            command.import_id,
        )
    )
    return SupplyDecision(bookings, terms, change)


async def _repeated(work: Work, command: TakeSupply) -> UUID | None:
    """The running change that took the same, where the same is said of its bookings: a lost answer is asked for again.

    Raises `SupplyChangeRunning` where something else is said of bookings that it has not settled yet.
    """
    asked, affected = command.lost_before, command.terms.affected
    if asked is None or affected is None:
        return None
    for running in reversed(await work.supply_changes.running(asked.parking_lot_id)):
        if running.loss.has_all_of(asked):
            if running.affected is affected:
                return running.id
            if running.decides(await _in_the_way(work, asked, command.at)):
                raise SupplyChangeRunning(running.id, running.affected)
    return None


async def _in_the_way(work: Work, loss: SupplyLoss | None, at: datetime) -> Sequence[Booking]:
    if loss is None:
        return ()
    spot_ids = loss.spot_ids if loss.of_spots_alone else None
    bookings = await work.bookings.needing_supply(loss.parking_lot_id, at, spot_ids)
    return [booking for booking in bookings if loss.takes(booking)]
