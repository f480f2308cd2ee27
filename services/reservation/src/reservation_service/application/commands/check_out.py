"""Let a car out."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from reservation_service.application.ports import Asker, Clock, GateAnswer, NewId, OpenWork, Tokens, Work
from reservation_service.domain.charges import Charge, ChargeReason, open_charge
from reservation_service.domain.errors import InvalidCredential, UnknownLot, UnknownReservation
from reservation_service.domain.gates import GateVerdict, Reason, at_exit
from reservation_service.domain.periods import Period
from reservation_service.domain.pricing import price
from reservation_service.domain.reservations import ReservationState


@dataclass(frozen=True, slots=True)
class CheckOut:
    """A gate read a credential; `at` is when, for one that was offline."""

    asker: Asker
    parking_lot_id: UUID
    credential: str = field(repr=False)
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CheckOutHandler:
    """Ends the stay and frees the spot; time beyond the end is priced by the booking's own tariff."""

    open_work: OpenWork
    tokens: Tokens
    clock: Clock
    new_id: NewId

    async def __call__(self, command: CheckOut) -> GateAnswer:
        """Whether the gate opens, and what is owed; refusals are answers. Raises `UnknownLot` for another's lot."""
        async with self.open_work() as work:
            lot = await work.lots.get(command.parking_lot_id)
        if not command.asker.operates(lot.organization_id):
            raise UnknownLot(command.parking_lot_id)
        try:
            reservation_id = self.tokens.reservation_of(command.credential)
        except InvalidCredential:
            return GateAnswer(GateVerdict(Reason.INVALID_CREDENTIAL))
        at = min(command.at or self.clock.now(), self.clock.now())
        try:
            return await self._check_out(reservation_id, command.parking_lot_id, at)
        except UnknownReservation:
            return GateAnswer(GateVerdict(Reason.INVALID_CREDENTIAL))

    async def _check_out(self, reservation_id: UUID, parking_lot_id: UUID, at: datetime) -> GateAnswer:
        async with self.open_work() as work:
            reservation = await work.reservations.get(reservation_id)
            state = reservation.state
            verdict = at_exit(state, parking_lot_id)
            if not verdict.opens:
                stay = state.parking_session if verdict.reason is not Reason.WRONG_LOT else None
                return GateAnswer(verdict, stay.id if stay else None)
            reservation.check_out(await self._overstay(work, state, at), at)
            await work.allocations.free(reservation_id)
            await work.reservations.save(reservation)
            await work.events.publish(reservation)
        stay = reservation.state.parking_session
        due = reservation.state.owed - reservation.state.paid
        return GateAnswer(verdict, stay.id if stay else None, due)

    async def _overstay(self, work: Work, state: ReservationState, at: datetime) -> Charge | None:
        if at <= state.period.ends_at:
            return None
        tariff, zone = await work.lots.pinned_tariff(state.parking_lot_id, state.tariff_id)
        beyond = price(tariff, Period(state.period.ends_at, at), zone)
        return open_charge(self.new_id(), ChargeReason.OVERSTAY, beyond) if beyond.total.amount else None
