from collections.abc import Sequence
from datetime import datetime
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
        return self._in_service(reservation.spot) and self._take(reservation, reservation.spot, reservation.period)

    async def extend(self, reservation: ReservationState, until: datetime) -> bool:
        ends_at = max((row.during.ends_at for row in self._held(reservation)), default=None)
        if ends_at is None or until <= ends_at:
            raise ValueError(reservation.id)
        return self._take(reservation, reservation.spot, Period(ends_at, until))

    async def move(self, reservation: ReservationState, spot: Spot) -> bool:
        held, before = self._held(reservation), self._tables.allocations
        if not held:
            raise ValueError(reservation.id)
        period = Period(min(row.during.starts_at for row in held), max(row.during.ends_at for row in held))
        await self.release(reservation.id)
        is_moved = self._in_service(spot) and self._take(reservation, spot, period)
        if not is_moved:
            self._tables.allocations = before
        return is_moved

    async def release(self, reservation_id: UUID) -> None:
        kept = [row for row in self._tables.allocations if row.reservation_id != reservation_id]
        self._tables.allocations = kept

    async def free_spots(self, parking_lot_id: UUID, period: Period, spot_type: str | None) -> Sequence[Spot]:
        found = [
            Spot(spot.id, spot.number, spot.type, spot.version)
            for spot in self._tables.spots.values()
            if spot.parking_lot_id == parking_lot_id and spot.in_service and spot.type in SPOT_TYPES
            if spot_type in {None, spot.type} and self.is_free(spot.id, period)
        ]
        return sorted(found, key=lambda spot: spot.number)

    async def free_spot(self, request: SpotRequest) -> Spot | None:
        spots = await self.free_spots(request.parking_lot_id, request.period, request.spot_type)
        types = (request.spot_type,) if request.spot_type else GIVEN_TO_ANYBODY
        return next((spot for spot_type in types for spot in spots if spot.type == spot_type), None)

    def _in_service(self, spot: Spot) -> bool:
        return spot.id in self._tables.spots and self._tables.spots[spot.id].in_service

    def _held(self, reservation: ReservationState) -> Sequence[AllocationRow]:
        return [row for row in self._tables.allocations if row.reservation_id == reservation.id]

    def _take(self, reservation: ReservationState, spot: Spot, period: Period) -> bool:
        if not self.is_free(spot.id, period):
            return False
        row = AllocationRow(reservation.parking_lot_id, spot.id, period, reservation.id)
        self._tables.allocations.append(row)
        return True

    def is_free(self, spot_id: UUID, period: Period) -> bool:
        return not any(
            row.spot_id == spot_id and row.during.starts_at < period.ends_at and period.starts_at < row.during.ends_at
            for row in self._tables.allocations
        )
