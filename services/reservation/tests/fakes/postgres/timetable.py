from collections.abc import Sequence
from uuid import UUID

from services.reservation.tests.fakes.postgres.tables import AllocationRow, Tables

from parking_kernel.periods import Period
from reservation_service.application.ports import SpotRequest
from reservation_service.domain.lots import GIVEN_TO_ANYBODY, SPOT_TYPES, Spot
from reservation_service.domain.reservations import ReservationState


class InMemoryTimetable:
    """See `reservation_service.application.ports.Timetable`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def take(self, reservation: ReservationState) -> bool:
        if not self.is_free(reservation.spot.id, reservation.period):
            return False
        row = AllocationRow(reservation.parking_lot_id, reservation.spot.id, reservation.period, reservation.id)
        self._tables.allocations.append(row)
        return True

    async def release(self, reservation_id: UUID) -> None:
        kept = [row for row in self._tables.allocations if row.reservation_id != reservation_id]
        self._tables.allocations = kept

    async def free_spots(self, parking_lot_id: UUID, period: Period, spot_type: str | None) -> Sequence[Spot]:
        found = [
            Spot(spot.id, spot.number, spot.type)
            for spot in self._tables.spots.values()
            if spot.parking_lot_id == parking_lot_id and spot.in_service and spot.type in SPOT_TYPES
            if spot_type in {None, spot.type} and self.is_free(spot.id, period)
        ]
        return sorted(found, key=lambda spot: spot.number)

    async def free_spot(self, request: SpotRequest) -> Spot | None:
        spots = await self.free_spots(request.parking_lot_id, request.period, request.spot_type)
        return next((spot for spot in spots if request.spot_type or spot.type in GIVEN_TO_ANYBODY), None)

    def is_free(self, spot_id: UUID, period: Period) -> bool:
        return not any(
            row.spot_id == spot_id and row.during.starts_at < period.ends_at and period.starts_at < row.during.ends_at
            for row in self._tables.allocations
        )
