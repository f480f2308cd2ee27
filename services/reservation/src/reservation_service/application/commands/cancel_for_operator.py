"""Cancel a driver's reservation for the lot's operator."""

from dataclasses import dataclass, field
from uuid import UUID

from parking_kernel.askers import Asker
from parking_kernel.repeatable import Answer, RequestKey, once
from reservation_service.application.commands.give_up import give_up
from reservation_service.application.ports import OpenWork, RenderCancelled, Work
from reservation_service.domain.cancellation import OperatorCancellation, OperatorRefund
from reservation_service.domain.errors import NotCancellable, UnknownReservation
from reservation_service.domain.reservations import ReservationState


@dataclass(frozen=True, slots=True)
class CancelForOperator:
    """An operator cancels a reservation of a lot that is theirs, and says why to its driver."""

    asker: Asker
    cancelled_by: UUID
    reservation_id: UUID
    reason: str = field(repr=False)
    refund: OperatorRefund
    key: RequestKey | None = None


@dataclass(frozen=True, slots=True)
class CancelForOperatorHandler:
    """Releases the spot's time, orders back what the operator gives, and keeps who cancelled and why."""

    open_work: OpenWork

    async def __call__(self, command: CancelForOperator, render: RenderCancelled) -> Answer:
        """The cancelled reservation, as `render` shows it; the same said again without a key gets it too.

        Raises `UnknownReservation`, also for one of a lot that the asker does not operate, `NotCancellable`,
        `KeyReused` and `InFlight`.
        """
        async with self.open_work(command.asker) as work:
            seen = await work.reservations.read(command.reservation_id)
            if not command.asker.operates(seen.organization_id):
                raise UnknownReservation(command.reservation_id)

            async def act() -> Answer:
                state = await self._cancelled(work, command)
                return render(state, (await work.lots.names([state.parking_lot_id]))[state.parking_lot_id])

            return await once(work.answers, command.key, act)

    async def _cancelled(self, work: Work, command: CancelForOperator) -> ReservationState:
        reservation = await work.reservations.get(command.reservation_id)
        earlier = await work.operator_cancellations.of(command.reservation_id)
        if earlier and earlier.says(command.reason, command.refund):
            return reservation.state
        if earlier:
            raise NotCancellable("This reservation is cancelled already, for another reason or with another refund.")
        now = await work.time.now()
        reservation.cancel_for_operator(command.refund, now)
        await give_up(work, reservation, now)
        await work.operator_cancellations.add(
            OperatorCancellation(command.reservation_id, command.cancelled_by, command.reason, command.refund, now)
        )
        return reservation.state
