"""Give a reservation up."""

from dataclasses import dataclass
from uuid import UUID

from parking_kernel.askers import Asker
from reservation_service.application.commands.give_up import give_up
from reservation_service.application.ports import OpenWork
from reservation_service.domain.errors import UnknownReservation
from reservation_service.domain.reservations import ReservationState


@dataclass(frozen=True, slots=True)
class CancelReservation:
    """A driver cancels one of their own."""

    asker: Asker
    reservation_id: UUID


@dataclass(frozen=True, slots=True)
class CancelReservationHandler:
    """Releases the spot's time; what goes back follows the terms, and payment gives it back."""

    open_work: OpenWork

    async def __call__(self, command: CancelReservation) -> ReservationState:
        """The cancelled reservation. Raises `UnknownReservation` and `NotCancellable`."""
        async with self.open_work(command.asker) as work:
            reservation = await work.reservations.get(command.reservation_id)
            if reservation.state.user_id != command.asker.user_id:
                raise UnknownReservation(command.reservation_id)
            now = await work.time.now()
            reservation.cancel(now)
            await give_up(work, reservation, now)
        return reservation.state
