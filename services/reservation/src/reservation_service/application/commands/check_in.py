"""Let a car in."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock, NewId
from reservation_service.application.ports import GateAnswer, OpenWork, Tokens
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
    """Opens for a paid reservation of this lot in its time, which begins `opens_before` its start."""

    open_work: OpenWork
    tokens: Tokens
    clock: Clock
    new_id: NewId
    opens_before: timedelta

    async def __call__(self, command: CheckIn) -> GateAnswer:
        """Whether the gate opens; refusals are answers, not errors. Raises `UnknownLot` for another's lot."""
        now = self.clock.now()
        at = min(command.at or now, now)
        async with self.open_work(command.asker) as work:
            lot = await work.lots.get(command.parking_lot_id)
            if not command.asker.operates(lot.organization_id):
                raise UnknownLot(command.parking_lot_id)
            try:
                reservation = await work.reservations.get(self.tokens.reservation_of(command.credential))
            except (InvalidCredential, UnknownReservation):
                return GateAnswer(GateVerdict(Reason.INVALID_CREDENTIAL))
            verdict = at_entry(reservation.state, lot.id, at, self.opens_before)
            if verdict.opens:
                reservation.check_in(self.new_id(now), at)
                await work.reservations.save(reservation)
        stay = reservation.state.parking_session if verdict.reason is not Reason.WRONG_LOT else None
        return GateAnswer(verdict, stay.id if stay else None)
