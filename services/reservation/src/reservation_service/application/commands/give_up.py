"""Give a cancelled reservation's time back, whoever cancelled it."""

from datetime import datetime

from reservation_service.application.ports import Work
from reservation_service.domain.errors import NotCancellable
from reservation_service.domain.gates import REPORTED_WITHIN
from reservation_service.domain.reservations import Reservation


async def give_up(work: Work, reservation: Reservation, now: datetime) -> None:
    """Release the time of a locked reservation that was just cancelled, and save it.

    Raises `NotCancellable` where the car was here: its exit is kept, and its entry may still be reported.
    """
    if await work.early_exits.has(reservation.state.id, now - REPORTED_WITHIN):
        raise NotCancellable("The car of this reservation was here: its exit is known, and its entry may still come.")
    await work.timetable.release(reservation.state.id)
    await work.reservations.save(reservation)
