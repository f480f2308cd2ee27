"""Let a car out."""

from dataclasses import dataclass
from datetime import timedelta

from parking_kernel.clocks import NewId
from parking_kernel.repeatable import Answer
from reservation_service.application.commands.end_stay import end_stay
from reservation_service.application.commands.report_once import report_once
from reservation_service.application.ports import GateReport, OpenWork, RenderGateAnswer, Tokens, Work
from reservation_service.domain.errors import ForeignLot, InvalidCredential, UnknownReservation
from reservation_service.domain.gate_answers import GateAnswer, gate_answer
from reservation_service.domain.gates import GateVerdict, Reason, at_exit, happened_at
from reservation_service.domain.lots import Lot
from reservation_service.domain.reservations import ReservationStatus


@dataclass(frozen=True, slots=True)
class CheckOut(GateReport):
    """A car is at the exit, or was."""


@dataclass(frozen=True, slots=True)
class CheckOutHandler:
    """Ends the stay, with what it owes for its length. An exit whose entry is not known yet opens too, and is kept."""

    open_work: OpenWork
    tokens: Tokens
    new_id: NewId
    opens_before: timedelta

    async def __call__(self, command: CheckOut, render: RenderGateAnswer) -> Answer:
        """Whether the gate opens, and what is owed, as `render` shows it; see `CheckInHandler`."""
        async with self.open_work(command.asker) as work:
            lot = await work.lots.get(command.parking_lot_id)
            if not command.asker.operates(lot.organization_id):
                raise ForeignLot(command.parking_lot_id)

            async def act() -> Answer:
                return render(await self._leave(work, lot, command))

            return await report_once(work.answers, command, "out", act)

    async def _leave(self, work: Work, lot: Lot, command: CheckOut) -> GateAnswer:
        at = happened_at(command.at, await work.time.now())
        try:
            reservation = await work.reservations.get(self.tokens.reservation_of(command.credential))
        except (InvalidCredential, UnknownReservation):
            return GateAnswer(GateVerdict(Reason.INVALID_CREDENTIAL))
        is_cancelled = reservation.state.status is ReservationStatus.CANCELLED
        entry_is_kept = is_cancelled and await work.unsettled_stays.has(reservation.state.id)
        verdict = at_exit(reservation.state, lot.id, at, self.opens_before, entry_is_kept=entry_is_kept)
        if verdict.reason is Reason.OK:
            await end_stay(work, reservation, at, self.new_id)
            await work.reservations.save(reservation)
        elif verdict.reason is Reason.EXIT_KEPT and is_cancelled:
            await work.unsettled_stays.note_exit(reservation.state.id, lot.id, at)
        elif verdict.reason is Reason.EXIT_KEPT:
            await work.early_exits.keep(reservation.state.id, at)
        return gate_answer(verdict, reservation.state, lot.zone, self.opens_before, is_exit=True)
