"""Money was captured for a charge."""

from dataclasses import dataclass
from uuid import UUID

from reservation_service.application.ports import Clock, Work
from reservation_service.domain.money import Money
from reservation_service.domain.reservations import Reservation, ReservationState


@dataclass(frozen=True, slots=True)
class SettlePayment:
    """Payment says that it has the money."""

    reservation_id: UUID
    charge_id: UUID
    payment_id: UUID
    amount: Money


@dataclass(frozen=True, slots=True)
class SettlePaymentHandler:
    """Confirms the hold. After the hold: the same spot if it is still free, else an equal one, else all goes back."""

    clock: Clock

    async def __call__(self, work: Work, event: SettlePayment) -> None:
        """Work in the consumer's transaction."""
        reservation = await work.reservations.get(event.reservation_id)
        now = self.clock.now()
        if not reservation.settle(event.charge_id, event.payment_id, event.amount, now):
            await self._late(work, reservation, event)
        await work.reservations.save(reservation)
        await work.events.publish(reservation)

    async def _late(self, work: Work, reservation: Reservation, event: SettlePayment) -> None:
        now = self.clock.now()
        state = reservation.state
        if now < state.period.ends_at and (room := await self._room(work, state)):
            reservation.reinstate(event.charge_id, event.payment_id, room.spot, now)
        else:
            reservation.give_back(event.payment_id, event.amount, "too_late", now)

    async def _room(self, work: Work, state: ReservationState) -> ReservationState | None:
        equal = await work.allocations.free_spots(state.parking_lot_id, state.period, state.spot.type)
        same_first = sorted(equal, key=lambda spot: spot.id != state.spot.id)
        for spot in same_first:
            moved = state.moved_to(spot)
            if await work.allocations.take(moved):
                return moved
        return None
