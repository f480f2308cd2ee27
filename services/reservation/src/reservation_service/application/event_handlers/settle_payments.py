"""Money was captured for charges."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from parking_kernel.money import Money
from reservation_service.application.commands.decide_booking import decide_booking
from reservation_service.application.ports import Work
from reservation_service.domain.refund_orders import RefundReason
from reservation_service.domain.reservations import Reservation, ReservationState, ReservationStatus


@dataclass(frozen=True, slots=True)
class Captured:
    """Payment published that it has the money."""

    reservation_id: UUID
    charge_id: UUID
    payment_id: UUID
    amount: Money


@dataclass(frozen=True, slots=True)
class SettlePayments:
    """What came in, in this order; a reservation may have several."""

    captured: Sequence[Captured]


async def settle_payments(work: Work, event: SettlePayments) -> None:
    """Confirm the holds, in the consumer's transaction. Raises `UnknownReservation`, having written nothing.

    After a hold: the same spot if it is still free, else an equal one, else all goes back. A hold on supply that is
    gone is not confirmed any more: it ends, and its money goes back.
    """
    reservations = await work.reservations.get_all({each.reservation_id for each in event.captured})
    held = [each.state for each in reservations.values() if each.state.status is ReservationStatus.PENDING]
    now, supply = await work.time.now(), await work.lots.supply_of(held)
    gone = {state.id: supply[state.id] for state in held if supply[state.id].is_gone_for(state, now)}
    # Spots are locked before changes, as those are that keep a spot which went away: neither waits for the other.
    for each in event.captured:
        if each.reservation_id not in gone:
            await _settle(work, reservations[each.reservation_id], each, now)
    for reservation_id in sorted(gone, key=lambda each: str(gone[each].change_of(reservations[each].state))):
        await decide_booking(work, reservations[reservation_id], now)
    for each in event.captured:
        if each.reservation_id in gone:
            await _settle(work, reservations[each.reservation_id], each, now)
    for reservation in reservations.values():
        await work.reservations.save(reservation)


async def _settle(work: Work, reservation: Reservation, event: Captured, now: datetime) -> None:
    if not reservation.settle(event.charge_id, event.payment_id, event.amount, now):
        await _late(work, reservation, event, now)


async def _late(work: Work, reservation: Reservation, event: Captured, now: datetime) -> None:
    state = reservation.state
    if now < state.period.ends_at and (room := await _room(work, state)):
        reservation.reinstate(event.charge_id, event.payment_id, room.spot, now)
    else:
        reservation.give_back(event.payment_id, event.amount, RefundReason.TOO_LATE, now)


async def _room(work: Work, state: ReservationState) -> ReservationState | None:
    equal = await work.timetable.free_spots(state.parking_lot_id, state.period, state.spot.type)
    same_first = sorted(equal, key=lambda spot: spot.id != state.spot.id)
    for spot in same_first:
        moved = state.moved_to(spot)
        if not await work.timetable.take(moved):
            continue
        # Only now the lot stays as it is.
        if (await work.lots.supply_of([moved]))[moved.id].lot_takes(moved):
            return moved
        await work.timetable.release(moved.id)
        return None
    return None
