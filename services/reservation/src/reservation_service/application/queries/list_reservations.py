"""A driver's reservations, or a lot's."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from parking_kernel.askers import Asker
from parking_kernel.pages import Position
from reservation_service.application.ports import ALL, OpenWork, ReservationFilter
from reservation_service.domain.errors import ForeignLot
from reservation_service.domain.reservations import ReservationState


@dataclass(frozen=True, slots=True)
class ListReservations:
    """One's own, or with a lot those of the lot: those that the filter names, in its order, after a position."""

    asker: Asker
    parking_lot_id: UUID | None
    after: Position | None
    limit: int
    only: ReservationFilter = ALL


@dataclass(frozen=True, slots=True)
class ListReservationsHandler:
    """Reads one page."""

    open_work: OpenWork

    async def __call__(self, query: ListReservations) -> Sequence[ReservationState]:
        """At most `limit`. Raises `UnknownLot` for one that the asker does not operate."""
        async with self.open_work(query.asker) as work:
            if query.parking_lot_id is None:
                if query.asker.user_id is None:
                    return ()
                return await work.reservations.of_user(query.asker.user_id, query.after, query.limit, query.only)
            lot = await work.lots.get(query.parking_lot_id)
            if not query.asker.operates(lot.organization_id):
                raise ForeignLot(query.parking_lot_id)
            return await work.reservations.of_lot(lot.id, query.after, query.limit, query.only)
