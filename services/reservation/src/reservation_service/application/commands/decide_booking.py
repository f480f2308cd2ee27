"""Decide what becomes of a booking whose spot, or lot, went away."""

from datetime import datetime

from parking_kernel.spot_types import as_good_as
from reservation_service.application.commands.waits_for_exit import waits_for_exit
from reservation_service.application.ports import Work
from reservation_service.domain.lots import Spot
from reservation_service.domain.reservations import Reservation, ReservationState, ReservationStatus
from reservation_service.domain.supply import AffectedPolicy, Supply, SupplyOutcome


async def decide_booking(
    work: Work, reservation: Reservation, now: datetime, *, is_at_the_gate: bool = False
) -> SupplyOutcome | None:
    """What becomes of a locked reservation; the caller saves it. None where its supply is there, or it is over.

    The one place where that is decided, for the job of the change, late money and the gate alike: the first settles it.
    A car that `is_at_the_gate` waits for the answer, whatever its reservation waits for.
    """
    state = reservation.state
    supply = (await work.lots.supply_of([state]))[state.id]
    if not supply.is_gone_for(state, now):
        return None
    change_id = supply.change_of(state)
    affected = await work.supply_changes.policy(change_id) if change_id else AffectedPolicy.MOVE
    is_in = state.status is ReservationStatus.ACTIVE
    if is_in or (not is_at_the_gate and await waits_for_exit(work, state, now)):
        outcome = SupplyOutcome.WAITING_FOR_EXIT
    else:
        outcome = await _decide(work, reservation, supply, affected, now)
    if change_id:
        change = await work.supply_changes.get(change_id)
        change.settle(state.id, outcome, now)
        await work.supply_changes.save(change)
    return outcome


async def _decide(
    work: Work, reservation: Reservation, supply: Supply, affected: AffectedPolicy, now: datetime
) -> SupplyOutcome:
    before = reservation.state
    may_move = affected is AffectedPolicy.MOVE and before.status is ReservationStatus.CONFIRMED
    if may_move and supply.lot_takes(before) and (spot := await _moved(work, before)):
        reservation.move(spot, now)
        return SupplyOutcome.MOVED
    reservation.lose_spot(now)
    await work.timetable.release(before.id)
    return SupplyOutcome.REFUNDED if before.paid.amount else SupplyOutcome.CANCELLED


async def _moved(work: Work, state: ReservationState) -> Spot | None:
    for spot_type in as_good_as(state.spot.type):
        for spot in await work.timetable.free_spots(state.parking_lot_id, state.period, spot_type):
            if await work.timetable.move(state, spot):
                return spot
    return None
