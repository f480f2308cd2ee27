"""Whose each spot's time is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from parking_kernel.periods import Period
from reservation_service.domain.lots import Spot
from reservation_service.domain.reservations import ReservationState


@dataclass(frozen=True, slots=True)
class SpotRequest:
    """What a driver wants to reserve: one spot, or any of a type, or any.

    `tariff_id` is the version that a quote names; without one the tariff in force prices it.
    """

    parking_lot_id: UUID
    period: Period
    spot_id: UUID | None = None
    spot_type: str | None = None
    tariff_id: UUID | None = None


class Timetable(Protocol):
    """Whose each spot's time is. The database alone refuses a double booking (decision 0001).

    A reservation whose time changes is locked before (`Reservations.get`); where several of one lot change, all of them
    are locked before the first is moved. Time is freed by `release` and `move` alone.
    """

    async def take(self, reservation: ReservationState) -> bool:
        """Take the spot's time; false when any of it is taken, or when the spot is not in service.

        Until the transaction ends lot and spot stay as they are, so that a change of supply finds what was taken.
        """
        ...

    async def extend(self, reservation: ReservationState, until: datetime) -> bool:
        """Take the spot's time from where the reservation's ends; false, and nothing changed, when any of it is taken.

        Raises `ValueError` where it holds no time, or holds it until then already.
        """
        ...

    async def move(self, reservation: ReservationState, spot: Spot) -> bool:
        """Take another spot's time for all the time that it holds, and free that; false where `take` would be.

        Then it keeps what it has, and another spot can be tried in the same transaction. Raises `ValueError` where it
        holds no time.
        """
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
