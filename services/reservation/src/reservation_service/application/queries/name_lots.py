"""How the lots of reservations are called."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from parking_kernel.askers import THE_SERVICE
from reservation_service.application.ports import OpenWork
from reservation_service.domain.reservations import ReservationState


@dataclass(frozen=True, slots=True)
class NameLots:
    """Reservations that the asker may see."""

    reservations: Sequence[ReservationState]


@dataclass(frozen=True, slots=True)
class NameLotsHandler:
    """By the own copies: a lot that was ever booked is there, also when it is retired."""

    open_work: OpenWork

    async def __call__(self, query: NameLots) -> Mapping[UUID, str]:
        """The lots' names by their ids."""
        if not query.reservations:
            return {}
        async with self.open_work(THE_SERVICE) as work:
            return await work.lots.names({each.parking_lot_id for each in query.reservations})
