"""One reservation."""

from dataclasses import dataclass
from uuid import UUID

from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock
from reservation_service.application.ports import OpenWork, Tokens
from reservation_service.domain.errors import UnknownReservation
from reservation_service.domain.reservations import ReservationState


@dataclass(frozen=True, slots=True)
class GetReservation:
    """Someone asks for a reservation."""

    asker: Asker
    reservation_id: UUID


@dataclass(frozen=True, slots=True)
class GetReservationHandler:
    """Drivers see their own, operators those of their lots."""

    open_work: OpenWork
    tokens: Tokens
    clock: Clock

    async def __call__(self, query: GetReservation) -> tuple[ReservationState, str | None]:
        """The reservation, and for its driver the token of what is to be paid.

        Raises `UnknownReservation` for one that the asker may not know of.
        """
        async with self.open_work(query.asker) as work:
            state = await work.reservations.read(query.reservation_id)
        if not query.asker.may_see(state.user_id, state.organization_id):
            raise UnknownReservation(query.reservation_id)
        if state.payable is None or state.user_id != query.asker.user_id:
            return state, None
        return state, self.tokens.charge(state, state.payable, self.clock.now())
