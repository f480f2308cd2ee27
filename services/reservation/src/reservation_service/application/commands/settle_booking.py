"""Settle one booking whose spot, or lot, went away."""

from dataclasses import dataclass
from uuid import UUID

from parking_kernel.askers import THE_SERVICE
from reservation_service.application.commands.decide_booking import decide_booking
from reservation_service.application.ports import OpenWork
from reservation_service.domain.supply import SupplyOutcome


@dataclass(frozen=True, slots=True)
class SettleBooking:
    """Something is about to happen with a booking, or a change of supply goes through those in its way."""

    reservation_id: UUID


@dataclass(frozen=True, slots=True)
class SettleBookingHandler:
    """Moves it to a spot that is as good, or ends it with a full refund, in one transaction of its own.

    A booking that has what it was promised stays as it is.
    """

    open_work: OpenWork

    async def __call__(self, command: SettleBooking) -> SupplyOutcome | None:
        """What became of it; none where nothing had to. Raises `UnknownReservation`."""
        async with self.open_work(THE_SERVICE) as work:
            reservation = await work.reservations.get(command.reservation_id)
            outcome = await decide_booking(work, reservation, await work.time.now())
            await work.reservations.save(reservation)
        return outcome
