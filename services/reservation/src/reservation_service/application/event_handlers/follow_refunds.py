"""All of a payment went back."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from parking_kernel.clocks import Clock
from reservation_service.application.ports import Work


@dataclass(frozen=True, slots=True)
class Refunded:
    """Payment published that all of a payment went back, by these refunds."""

    reservation_id: UUID
    payment_id: UUID
    refund_ids: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class FollowRefunds:
    """What went back, in this order; a reservation may have several."""

    refunded: Sequence[Refunded]


@dataclass(frozen=True, slots=True)
class FollowRefundsHandler:
    """Cancels a confirmed reservation when an operator gave back all that was paid for it, and releases its spot."""

    clock: Clock

    async def __call__(self, work: Work, event: FollowRefunds) -> None:
        """Work in the consumer's transaction. Raises `UnknownReservation`, having written nothing."""
        reservations = await work.reservations.get_all({each.reservation_id for each in event.refunded})
        for each in event.refunded:
            reservation = reservations[each.reservation_id]
            if reservation.note_refund(each.payment_id, each.refund_ids, self.clock.now()):
                await work.timetable.release(each.reservation_id)
        for reservation in reservations.values():
            await work.reservations.save(reservation)
