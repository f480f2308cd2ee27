"""Let a car out."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock, NewId
from parking_kernel.periods import Period
from parking_kernel.pricing import price
from reservation_service.application.ports import GateAnswer, OpenWork, Tokens, Work
from reservation_service.domain.charges import Charge, overstay_charge
from reservation_service.domain.errors import InvalidCredential, UnknownLot, UnknownReservation
from reservation_service.domain.gates import GateVerdict, Reason, at_exit
from reservation_service.domain.reservations import Reservation, ReservationState


@dataclass(frozen=True, slots=True)
class CheckOut:
    """A gate read a credential; `at` is when, for one that was offline."""

    asker: Asker
    parking_lot_id: UUID
    credential: str = field(repr=False)
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CheckOutHandler:
    """Ends the stay and releases the spot; time beyond the end is priced by the booking's own tariff."""

    open_work: OpenWork
    tokens: Tokens
    clock: Clock
    new_id: NewId

    async def __call__(self, command: CheckOut) -> GateAnswer:
        """Whether the gate opens, and what is owed; refusals are answers. Raises `UnknownLot` for another's lot."""
        now = self.clock.now()
        async with self.open_work(command.asker) as work:
            lot = await work.lots.get(command.parking_lot_id)
            if not command.asker.operates(lot.organization_id):
                raise UnknownLot(command.parking_lot_id)
            try:
                reservation = await work.reservations.get(self.tokens.reservation_of(command.credential))
            except (InvalidCredential, UnknownReservation):
                return GateAnswer(GateVerdict(Reason.INVALID_CREDENTIAL))
            verdict = at_exit(reservation.state, lot.id)
            if verdict.opens:
                await self._let_out(work, reservation, min(command.at or now, now))
        return _answer(verdict, reservation.state)

    async def _let_out(self, work: Work, reservation: Reservation, at: datetime) -> None:
        reservation.check_out(await self._overstay(work, reservation.state, at), at)
        await work.timetable.release(reservation.state.id)
        await work.reservations.save(reservation)

    async def _overstay(self, work: Work, state: ReservationState, at: datetime) -> Charge | None:
        if at <= state.period.ends_at:
            return None
        tariff, zone = await work.lots.pinned_tariff(state.parking_lot_id, state.tariff_id)
        beyond = price(tariff, Period(state.period.ends_at, at), zone)
        return overstay_charge(self.new_id(at), beyond, tariff.tax)


def _answer(verdict: GateVerdict, state: ReservationState) -> GateAnswer:
    if verdict.reason is Reason.WRONG_LOT:
        return GateAnswer(verdict)
    stay = state.parking_session
    return GateAnswer(verdict, stay.id if stay else None, state.owed - state.paid if verdict.opens else None)
