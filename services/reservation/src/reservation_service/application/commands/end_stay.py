"""End a stay: the car is out."""

from datetime import datetime

from parking_kernel.clocks import NewId
from parking_kernel.periods import Period
from parking_kernel.pricing import price
from reservation_service.application.ports import Work
from reservation_service.domain.charges import Charge, overstay_charge
from reservation_service.domain.reservations import Reservation, ReservationState


async def end_stay(work: Work, reservation: Reservation, at: datetime, new_id: NewId) -> None:
    """Ends the stay of a locked reservation, which the caller saves, and releases the spot.

    Time beyond the end is priced by the booking's own tariff.
    """
    reservation.check_out(await _overstay(work, reservation.state, at, new_id), at)
    await work.timetable.release(reservation.state.id)


async def _overstay(work: Work, state: ReservationState, at: datetime, new_id: NewId) -> Charge | None:
    if at <= state.period.ends_at:
        return None
    tariff, zone = await work.lots.pinned_tariff(state.parking_lot_id, state.tariff_id)
    beyond = price(tariff, Period(state.period.ends_at, at), zone)
    return overstay_charge(new_id(at), beyond, tariff.tax)
