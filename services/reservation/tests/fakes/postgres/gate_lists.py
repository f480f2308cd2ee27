from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.reservation.tests.fakes.postgres.tables import Tables

from parking_kernel.periods import Period
from reservation_service.domain.gate_lists import ListedReservation
from reservation_service.domain.reservations import ReservationState, ReservationStatus


class InMemoryGateLists:
    """See `reservation_service.application.ports.GateLists`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def stays(self, parking_lot_id: UUID, limit: int) -> Sequence[ListedReservation]:
        found = [
            state
            for state in self._tables.reservations.values()
            if state.parking_lot_id == parking_lot_id and state.status is ReservationStatus.ACTIVE
        ]
        return [_listed(each) for each in sorted(found, key=lambda each: each.id, reverse=True)[:limit]]

    async def coming(
        self, parking_lot_id: UUID, window: Period, limit: int
    ) -> tuple[Sequence[ListedReservation], datetime]:
        claims = sorted(
            (row.during.starts_at, row.reservation_id)
            for row in self._tables.allocations
            if row.parking_lot_id == parking_lot_id
            and row.during.starts_at < window.ends_at
            and window.starts_at < row.during.ends_at
        )
        until = max(claims[limit][0], window.starts_at) if len(claims) > limit else window.ends_at
        states = [self._tables.reservations[each] for starts_at, each in claims[:limit] if starts_at < until]
        return [_listed(each) for each in states if self._comes_in(each)], until

    def _comes_in(self, state: ReservationState) -> bool:
        _, suspended_at = self._tables.users.get(state.user_id, (0, None))
        return state.status is ReservationStatus.CONFIRMED and suspended_at is None


def _listed(state: ReservationState) -> ListedReservation:
    return ListedReservation(state.id, state.period, state.status, state.spot.number, state.vehicle_plate)
