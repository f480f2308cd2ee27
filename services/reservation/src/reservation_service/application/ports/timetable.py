"""Whose each spot's time is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from parking_kernel.periods import Period
from reservation_service.domain.lots import Spot
from reservation_service.domain.reservations import ReservationState


@dataclass(frozen=True, slots=True)
class SpotRequest:
    """What a driver wants to reserve: one spot, or any of a type, or any."""

    parking_lot_id: UUID
    period: Period
    spot_id: UUID | None = None
    spot_type: str | None = None


class Timetable(Protocol):
    """Whose each spot's time is. The database alone refuses a double booking (decision 0001).

    All time that is freed is freed by `release`.
    """

    async def take(self, reservation: ReservationState) -> bool:
        """Take the spot's time; false when any of it is taken."""
        ...

    async def release(self, reservation_id: UUID) -> None:
        """Give all time back that a reservation holds."""
        ...

    async def free_spots(self, parking_lot_id: UUID, period: Period, spot_type: str | None) -> Sequence[Spot]:
        """All spots in service that are free for the whole period, by number."""
        ...

    async def free_spot(self, request: SpotRequest) -> Spot | None:
        """One of those that a request for any spot, or any of a type, could be met with."""
        ...
