"""Let a car in."""

from dataclasses import dataclass
from datetime import timedelta

from parking_kernel.clocks import NewId
from parking_kernel.repeatable import Answer
from reservation_service.application.commands.decide_booking import decide_booking
from reservation_service.application.commands.end_stay import end_stay
from reservation_service.application.commands.report_once import report_once
from reservation_service.application.ports import GateReport, OpenWork, RenderGateAnswer, Tokens, Work
from reservation_service.domain.errors import ForeignLot, InvalidCredential, UnknownReservation
from reservation_service.domain.gate_answers import GateAnswer, gate_answer
from reservation_service.domain.gates import CLOCKS_DIFFER, GateVerdict, Reason, at_entry, happened_at, is_over
from reservation_service.domain.lots import Lot


@dataclass(frozen=True, slots=True)
class CheckIn(GateReport):
    """A car is at the entry, or was."""


@dataclass(frozen=True, slots=True)
class CheckInHandler:
    """Opens for a paid reservation of this lot in its time, which begins `opens_before` its start.

    Where the exit was reported first, it is joined: the stay is over with the report of its entry.

    A car at the gate whose spot or lot went away, and whose booking the change's job has not come to, has that decided
    here and now: it is let in to the spot that it is moved to, or denied because the booking is cancelled with all its
    money back. No gate opens onto a spot that is gone.
    """

    open_work: OpenWork
    tokens: Tokens
    new_id: NewId
    opens_before: timedelta

    async def __call__(self, command: CheckIn, render: RenderGateAnswer) -> Answer:
        """Whether the gate opens, as `render` shows it; the first answer again where it was reported before.

        Refusals are answers, not errors. Raises `UnknownLot` for another's lot, `InvalidFields` for a time too far
        back or ahead, `KeyReused` and `InFlight`.
        """
        async with self.open_work(command.asker) as work:
            lot = await work.lots.get(command.parking_lot_id)
            if not command.asker.operates(lot.organization_id):
                raise ForeignLot(command.parking_lot_id)

            async def act() -> Answer:
                return render(await self._enter(work, lot, command))

            return await report_once(work.answers, command, "in", act)

    async def _enter(self, work: Work, lot: Lot, command: CheckIn) -> GateAnswer:
        now = await work.time.now()
        at = happened_at(command.at, now)
        try:
            reservation = await work.reservations.get(self.tokens.reservation_of(command.credential))
        except (InvalidCredential, UnknownReservation):
            return GateAnswer(GateVerdict(Reason.INVALID_CREDENTIAL))
        if not is_over(at, now):
            await decide_booking(work, reservation, now, is_at_the_gate=True)
        suspended_at = await work.users.suspended_at(reservation.state.user_id)
        verdict = at_entry(
            *(reservation.state, lot.id, at, self.opens_before),
            suspended_at=suspended_at,
            was_let_in=is_over(at, now),
        )
        # What two gates report by their own clocks may be in the wrong order; what they ask for now is not.
        since = at if command.at is None else at - CLOCKS_DIFFER
        if verdict.reason is Reason.ENTRY_KEPT:
            await work.unsettled_stays.note_entry(reservation.state.id, lot.id, at)
            # Kept while it was confirmed still.
            if exited_at := await work.early_exits.take(reservation.state.id, since):
                await work.unsettled_stays.note_exit(reservation.state.id, lot.id, exited_at)
        elif verdict.opens:
            reservation.check_in(self.new_id(now), at)
            if exited_at := await work.early_exits.take(reservation.state.id, since):
                await end_stay(work, reservation, exited_at, self.new_id)
        await work.reservations.save(reservation)
        return gate_answer(verdict, reservation.state, lot.zone, self.opens_before)
