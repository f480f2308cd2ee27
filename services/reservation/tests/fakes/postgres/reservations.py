from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.reservation.tests.fakes.postgres.tables import Tables

from parking_kernel.changes import Changes
from parking_kernel.concurrency import ChangedMeanwhile
from reservation_service.application.ports import SpotRequest
from reservation_service.domain.errors import UnknownReservation
from reservation_service.domain.gates import REPORTED_WITHIN
from reservation_service.domain.reservations import STANDING, Reservation, ReservationState, ReservationStatus
from reservation_service.domain.supply import SupplyChange

Position = tuple[datetime, UUID] | None


class InMemoryReservations:
    """See `reservation_service.application.ports.Reservations`. The whole unit of work is one lock."""

    def __init__(self, tables: Tables, changes: Changes[Reservation | SupplyChange]) -> None:
        self._tables = tables
        self._changes = changes

    async def get(self, reservation_id: UUID) -> Reservation:
        return self._changes.loaded(Reservation(await self.read(reservation_id)))

    async def get_all(self, reservation_ids: Collection[UUID]) -> Mapping[UUID, Reservation]:
        return {each: await self.get(each) for each in reservation_ids}

    async def read(self, reservation_id: UUID) -> ReservationState:
        if reservation_id not in self._tables.reservations:
            raise UnknownReservation(reservation_id)
        return self._tables.reservations[reservation_id]

    async def save(self, reservation: Reservation) -> None:
        if reservation.state.version == reservation.loaded_version:
            return
        kept = self._tables.reservations.get(reservation.state.id)
        if kept is None or kept.version != reservation.loaded_version:
            raise ChangedMeanwhile("reservation")
        self._tables.reservations[reservation.state.id] = reservation.state
        self._changes.saved(reservation)

    async def of_user(self, user_id: UUID, after: Position, limit: int) -> Sequence[ReservationState]:
        return self._page(lambda state: state.user_id == user_id, after, limit)

    async def of_lot(self, parking_lot_id: UUID, after: Position, limit: int) -> Sequence[ReservationState]:
        return self._page(lambda state: state.parking_lot_id == parking_lot_id, after, limit)

    async def standing_of(self, user_id: UUID) -> Sequence[UUID]:
        return [
            state.id
            for state in self._tables.reservations.values()
            if state.user_id == user_id and state.status in STANDING
        ]

    async def hold_is_overdue(self, at: datetime) -> bool:
        return bool(self._holds_due(at))

    async def overdue(
        self, at: datetime, limit: int, in_the_way_of: SpotRequest, *, held: Collection[UUID] = ()
    ) -> Sequence[Reservation]:
        due = [state for state in self._holds_due(at) if state.id not in held and self._meets(state, in_the_way_of)]
        return [self._changes.loaded(Reservation(state)) for state in due[:limit]]

    async def due_holds(
        self, at: datetime, after: Position, limit: int, *, held: Collection[UUID] = ()
    ) -> Sequence[tuple[datetime, UUID]]:
        due = [(state.hold_expires_at, state.id) for state in self._holds_due(at) if state.id not in held]
        return [(due_at, each) for due_at, each in due if due_at and (after is None or (due_at, each) > after)][:limit]

    async def overdue_of(self, reservation_ids: Collection[UUID], at: datetime) -> Sequence[Reservation]:
        due = [state for state in self._holds_due(at) if state.id in reservation_ids]
        return [self._changes.loaded(Reservation(state)) for state in due]

    async def missed(self, at: datetime, after: Position, limit: int) -> Sequence[tuple[datetime, UUID]]:
        found = sorted(
            (state.period.ends_at, state.id)
            for state in self._tables.reservations.values()
            if state.status is ReservationStatus.CONFIRMED
            and state.period.ends_at <= at
            and not any(
                each == state.id and exited_at > at - REPORTED_WITHIN for each, exited_at in self._tables.early_exits
            )
        )
        return [each for each in found if after is None or each > after][:limit]

    async def on_supply_of(self, change_id: UUID, after: UUID | None, limit: int) -> Sequence[ReservationState]:
        tables = self._tables
        ids = {
            row.reservation_id
            for row in tables.allocations
            if tables.taken_by.get(row.parking_lot_id) == change_id or tables.taken_by.get(row.spot_id) == change_id
        }
        return [tables.reservations[each] for each in sorted(ids) if after is None or each > after][:limit]

    def _holds_due(self, at: datetime) -> list[ReservationState]:
        due = [
            (state.hold_expires_at, state.id)
            for state in self._tables.reservations.values()
            if state.status is ReservationStatus.PENDING and state.hold_expires_at and state.hold_expires_at <= at
        ]
        return [self._tables.reservations[reservation_id] for _, reservation_id in sorted(due)]

    def _meets(self, state: ReservationState, request: SpotRequest) -> bool:
        return any(
            row.reservation_id == state.id
            and row.parking_lot_id == request.parking_lot_id
            and request.spot_id in {None, row.spot_id}
            and row.during.starts_at < request.period.ends_at
            and request.period.starts_at < row.during.ends_at
            for row in self._tables.allocations
        )

    def _page(
        self, is_asked_for: Callable[[ReservationState], bool], after: Position, limit: int
    ) -> Sequence[ReservationState]:
        found = [
            state
            for state in self._tables.reservations.values()
            if is_asked_for(state) and (after is None or (state.created_at, state.id) < after)
        ]
        return sorted(found, key=lambda state: (state.created_at, state.id), reverse=True)[:limit]
