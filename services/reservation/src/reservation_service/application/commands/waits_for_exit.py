"""Whether a booking's stay is under way, or may have taken place."""

from datetime import datetime

from reservation_service.application.ports import Work
from reservation_service.domain.gates import REPORTED_WITHIN
from reservation_service.domain.reservations import ReservationState, ReservationStatus


async def waits_for_exit(work: Work, state: ReservationState, now: datetime) -> bool:
    """Whether a car is in, or its exit is known and its entry may still be reported: its stay is not given back."""
    if state.status is ReservationStatus.CONFIRMED:
        return await work.early_exits.has(state.id, now - REPORTED_WITHIN)
    return state.status is ReservationStatus.ACTIVE
