"""Reservations in PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, select, tuple_, update

from parking_chassis.units_of_work import Transaction
from parking_kernel.concurrency import ChangedMeanwhile
from parking_kernel.pages import Position
from reservation_service.adapters.postgres.rows import reservation_of, reservation_row
from reservation_service.adapters.postgres.tables import allocations, reservations
from reservation_service.application.ports import SpotRequest
from reservation_service.domain.errors import UnknownReservation
from reservation_service.domain.reservations import Reservation, ReservationState, ReservationStatus


class PostgresReservations:
    """See `reservation_service.application.ports.Reservations`."""

    def __init__(self, transaction: Transaction[Reservation]) -> None:
        self._connection = transaction.connection
        self._changes = transaction.changes

    async def get(self, reservation_id: UUID) -> Reservation:
        """One reservation, locked until the transaction ends. Raises `UnknownReservation`."""
        return self._loaded(await self._one(_by_id(reservation_id).with_for_update(), reservation_id))

    async def get_all(self, reservation_ids: Collection[UUID]) -> Mapping[UUID, Reservation]:
        """Reservations, locked until the transaction ends. Raises `UnknownReservation`.

        In the order in which holds expire, so that neither waits for what the other has.
        """
        statement = _in_order_of_expiry().where(reservations.c.id.in_(reservation_ids)).with_for_update()
        rows = (await self._connection.execute(statement)).mappings()
        found = {state.id: self._loaded(state) for state in map(reservation_of, rows)}
        for missing in set(reservation_ids) - found.keys():
            raise UnknownReservation(missing)
        return found

    async def read(self, reservation_id: UUID) -> ReservationState:
        """One reservation, not locked. Raises `UnknownReservation`."""
        return await self._one(_by_id(reservation_id), reservation_id)

    async def save(self, reservation: Reservation) -> None:
        """Store a changed reservation; its events are published. Raises `ChangedMeanwhile`."""
        if reservation.state.version == reservation.loaded_version:
            return
        mine = (reservations.c.id == reservation.state.id) & (reservations.c.version == reservation.loaded_version)
        statement = update(reservations).where(mine).values(reservation_row(reservation.state))
        if (await self._connection.execute(statement)).rowcount != 1:
            raise ChangedMeanwhile("reservation")
        self._changes.saved(reservation)

    async def of_user(self, user_id: UUID, after: Position | None, limit: int) -> Sequence[ReservationState]:
        """A driver's reservations, the newest first, after a position."""
        return await self._page(reservations.c.user_id == user_id, after, limit)

    async def of_lot(self, parking_lot_id: UUID, after: Position | None, limit: int) -> Sequence[ReservationState]:
        """A lot's reservations, the newest first, after a position."""
        return await self._page(reservations.c.parking_lot_id == parking_lot_id, after, limit)

    async def hold_is_overdue(self, at: datetime) -> bool:
        """Whether any hold was due by an instant."""
        statement = select(reservations.c.id).where(_is_overdue(at)).limit(1)
        return (await self._connection.execute(statement)).first() is not None

    async def overdue(
        self, at: datetime, limit: int, in_the_way_of: SpotRequest | None = None, *, held: Collection[UUID] = ()
    ) -> Sequence[Reservation]:
        """Holds that were due by an instant, without those of `held` reservations, the oldest first, locked."""
        statement = _in_order_of_expiry().where(_is_overdue(at)).limit(limit).with_for_update()
        if in_the_way_of:
            statement = statement.where(_is_in_the_way_of(in_the_way_of))
        if held:
            statement = statement.where(reservations.c.id.not_in(held))
        return [self._loaded(reservation_of(row)) for row in (await self._connection.execute(statement)).mappings()]

    async def missed(self, at: datetime, after: Position | None, limit: int) -> Sequence[Position]:
        """Ends and ids of confirmed ones whose period was over by an instant, the oldest first, after a position."""
        place = (reservations.c.ends_at, reservations.c.id)
        statement = (
            select(*place)
            .where(reservations.c.status == ReservationStatus.CONFIRMED.value, reservations.c.ends_at <= at)
            .order_by(*place)
            .limit(limit)
        )
        if after:
            statement = statement.where(tuple_(*place) > after)
        return [(ends_at, reservation_id) for ends_at, reservation_id in await self._connection.execute(statement)]

    def _loaded(self, state: ReservationState) -> Reservation:
        return self._changes.loaded(Reservation(state))

    async def _one(self, statement: Select[Any], reservation_id: UUID) -> ReservationState:
        row = (await self._connection.execute(statement)).mappings().first()
        if row is None:
            raise UnknownReservation(reservation_id)
        return reservation_of(row)

    async def _page(self, whose: ColumnElement[bool], after: Position | None, limit: int) -> Sequence[ReservationState]:
        position = tuple_(reservations.c.created_at, reservations.c.id)
        statement = (
            select(reservations)
            .where(whose)
            .order_by(reservations.c.created_at.desc(), reservations.c.id.desc())
            .limit(limit)
        )
        if after:
            statement = statement.where(position < after)
        return [reservation_of(row) for row in (await self._connection.execute(statement)).mappings()]


def _by_id(reservation_id: UUID) -> Select[Any]:
    return select(reservations).where(reservations.c.id == reservation_id)


def _in_order_of_expiry() -> Select[Any]:
    return select(reservations).order_by(reservations.c.hold_expires_at, reservations.c.id)


def _is_overdue(at: datetime) -> ColumnElement[bool]:
    return (reservations.c.status == ReservationStatus.PENDING.value) & (reservations.c.hold_expires_at <= at)


def _is_in_the_way_of(request: SpotRequest) -> ColumnElement[bool]:
    during = func.tstzrange(request.period.starts_at, request.period.ends_at, "[)")
    in_the_way = (
        (allocations.c.reservation_id == reservations.c.id)
        & (allocations.c.parking_lot_id == request.parking_lot_id)
        & allocations.c.blocking
        & allocations.c.during.op("&&")(during)
    )
    if request.spot_id:
        in_the_way &= allocations.c.spot_id == request.spot_id
    return exists().where(in_the_way)
