"""Let a car in."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from reservation_service.application.ports import Asker, Clock, GateAnswer, NewId, OpenWork, Tokens
from reservation_service.domain.errors import InvalidCredential, UnknownLot, UnknownReservation
from reservation_service.domain.gates import GateVerdict, Reason, at_entry


@dataclass(frozen=True, slots=True)
class CheckIn:
    """A gate read a credential; `at` is when, for one that was offline."""

    asker: Asker
    parking_lot_id: UUID
    credential: str = field(repr=False)
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CheckInHandler:
    """Opens for a paid reservation of this lot in its time."""

    open_work: OpenWork
    tokens: Tokens
    clock: Clock
    new_id: NewId

    async def __call__(self, command: CheckIn) -> GateAnswer:
        """Whether the gate opens; refusals are answers, not errors. Raises `UnknownLot` for another's lot."""
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
            return await self._check_in(reservation_id, command.parking_lot_id, at)
        except UnknownReservation:
            return GateAnswer(GateVerdict(Reason.INVALID_CREDENTIAL))

    async def _check_in(self, reservation_id: UUID, parking_lot_id: UUID, at: datetime) -> GateAnswer:
        async with self.open_work() as work:
            reservation = await work.reservations.get(reservation_id)
            verdict = at_entry(reservation.state, parking_lot_id, at)
            if verdict.opens:
                reservation.check_in(self.new_id(), at)
                await work.reservations.save(reservation)
                await work.events.publish(reservation)
        stay = reservation.state.parking_session if verdict.reason is not Reason.WRONG_LOT else None
        return GateAnswer(verdict, stay.id if stay else None)
