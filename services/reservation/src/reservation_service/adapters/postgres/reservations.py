"""Reservations in PostgreSQL, partitioned by month (docs/decisions/0015).

Each statement says from which id on it looks, or up to which, so that PostgreSQL leaves the other months alone.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    Uuid,
    exists,
    func,
    literal,
    literal_column,
    select,
    tuple_,
    union,
    update,
)

from parking_chassis.ids import make_id_floor
from parking_chassis.units_of_work import Transaction
from parking_kernel.concurrency import ChangedMeanwhile
from parking_kernel.pages import Position
from reservation_service.adapters.postgres.partitions import month_after
from reservation_service.adapters.postgres.rows import reservation_of, reservation_row
from reservation_service.adapters.postgres.tables import allocations, early_exits, lots, reservations, spots
from reservation_service.application.ports import SpotRequest
from reservation_service.domain.errors import UnknownReservation
from reservation_service.domain.gates import REPORTED_WITHIN
from reservation_service.domain.reservations import STANDING, Reservation, ReservationState, ReservationStatus
from reservation_service.domain.supply import SupplyChange

_KEY = frozenset({"id", "parking_lot_id"})
"""What is never written again: an update that names it is prepared to move the row to another partition."""

_OLDEST_THAT_CLAIMS_TIME = (
    select(allocations.c.reservation_id)
    .where(allocations.c.reservation_id.is_not(None))
    .order_by(allocations.c.reservation_id)
    .limit(literal_column("1"))
    .scalar_subquery()
)
"""None before it is pending or confirmed, however long holds had to wait: all of those have a spot's time."""


class PostgresReservations:
    """See `reservation_service.application.ports.Reservations`."""

    def __init__(self, transaction: Transaction[Reservation | SupplyChange]) -> None:
        self._connection = transaction.connection
        self._changes = transaction.changes

    async def get(self, reservation_id: UUID) -> Reservation:
        """One reservation, locked until the transaction ends. Raises `UnknownReservation`."""
        return self._loaded(await self._one(_by_id(reservation_id).with_for_update(), reservation_id))

    async def get_all(self, reservation_ids: Collection[UUID]) -> Mapping[UUID, Reservation]:
        """Reservations, locked until the transaction ends. Raises `UnknownReservation`.

        In the order in which holds expire, so that neither waits for what the other has.
        """
        if not reservation_ids:
            return {}
        statement = _in_order_of_expiry().where(_is_one_of(reservation_ids)).with_for_update()
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
        changed = {name: value for name, value in reservation_row(reservation.state).items() if name not in _KEY}
        statement = update(reservations).where(mine).values(changed)
        if (await self._connection.execute(statement)).rowcount != 1:
            raise ChangedMeanwhile("reservation")
        self._changes.saved(reservation)

    async def of_user(self, user_id: UUID, after: Position | None, limit: int) -> Sequence[ReservationState]:
        """A driver's reservations, the newest first, after a position."""
        return await self._page(reservations.c.user_id == user_id, after, limit)

    async def of_lot(self, parking_lot_id: UUID, after: Position | None, limit: int) -> Sequence[ReservationState]:
        """A lot's reservations, the newest first, after a position."""
        return await self._page(reservations.c.parking_lot_id == parking_lot_id, after, limit)

    async def standing_of(self, user_id: UUID) -> Sequence[UUID]:
        """The ids of a driver's reservations that are not over (`STANDING`)."""
        stands = reservations.c.status.in_([status.value for status in STANDING])
        statement = select(reservations.c.id).where(reservations.c.user_id == user_id, stands)
        return (await self._connection.execute(statement)).scalars().all()

    async def hold_is_overdue(self, at: datetime) -> bool:
        """Whether any hold was due by an instant."""
        statement = select(reservations.c.id).where(_is_overdue(at)).limit(1)
        return (await self._connection.execute(statement)).first() is not None

    async def overdue(
        self, at: datetime, limit: int, in_the_way_of: SpotRequest, *, held: Collection[UUID] = ()
    ) -> Sequence[Reservation]:
        """Holds in the way of a request that were due by an instant, but of no `held` reservation, locked."""
        due = _is_overdue(at, held) & _is_in_the_way_of(in_the_way_of)
        return await self._all(_in_order_of_expiry().where(due).limit(limit).with_for_update())

    async def due_holds(
        self, at: datetime, after: Position | None, limit: int, *, held: Collection[UUID] = ()
    ) -> Sequence[Position]:
        """When holds fell due that were due by an instant, and their ids, but of no `held` reservation."""
        place = (reservations.c.hold_expires_at, reservations.c.id)
        statement = select(*place).where(_is_overdue(at, held)).order_by(*place).limit(limit)
        if after:
            statement = statement.where(tuple_(*place) > after)
        return [(due_at, reservation_id) for due_at, reservation_id in await self._connection.execute(statement)]

    async def overdue_of(self, reservation_ids: Collection[UUID], at: datetime) -> Sequence[Reservation]:
        """Those of these that are holds and were due by an instant, locked; what others have locked is left out."""
        due = _is_one_of(reservation_ids) & _is_overdue(at)
        return await self._all(_in_order_of_expiry().where(due).with_for_update(skip_locked=True))

    async def missed(self, at: datetime, after: Position | None, limit: int) -> Sequence[Position]:
        """Ends and ids of confirmed ones whose period was over by an instant, the oldest first, after a position.

        Where an exit is kept, somebody came: those wait for the report of the entry while it may come.
        """
        place = (reservations.c.ends_at, reservations.c.id)
        statement = (
            select(*place)
            .where(
                _has_status(ReservationStatus.CONFIRMED),
                reservations.c.ends_at <= at,
                reservations.c.id >= _OLDEST_THAT_CLAIMS_TIME,
                ~_entry_may_come(at),
            )
            .order_by(*place)
            .limit(limit)
        )
        if after:
            statement = statement.where(tuple_(*place) > after)
        return [(ends_at, reservation_id) for ends_at, reservation_id in await self._connection.execute(statement)]

    async def on_supply_of(self, change_id: UUID, after: UUID | None, limit: int) -> Sequence[ReservationState]:
        """Those that hold time on a lot or a spot of which a change took something, by their ids, after one."""
        statement = select(reservations).where(reservations.c.id.in_(_on_supply_of(change_id)))
        statement = statement.where(reservations.c.id >= _OLDEST_THAT_CLAIMS_TIME).order_by(reservations.c.id)
        if after:
            statement = statement.where(reservations.c.id > after)
        return [reservation_of(row) for row in (await self._connection.execute(statement.limit(limit))).mappings()]

    async def _all(self, statement: Select[Any]) -> Sequence[Reservation]:
        return [self._loaded(reservation_of(row)) for row in (await self._connection.execute(statement)).mappings()]

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
            statement = statement.where(position < after, reservations.c.id < _later_than(after))
        return [reservation_of(row) for row in (await self._connection.execute(statement)).mappings()]


def _by_id(reservation_id: UUID) -> Select[Any]:
    return select(reservations).where(reservations.c.id == reservation_id)


def _in_order_of_expiry() -> Select[Any]:
    return select(reservations).order_by(reservations.c.hold_expires_at, reservations.c.id)


def _is_one_of(reservation_ids: Collection[UUID]) -> ColumnElement[bool]:
    """PostgreSQL 15 leaves no partition out for a list of ids, but for their least and greatest."""
    return reservations.c.id.in_(reservation_ids) & reservations.c.id.between(
        min(reservation_ids), max(reservation_ids)
    )


def _is_overdue(at: datetime, held: Collection[UUID] = ()) -> ColumnElement[bool]:
    overdue = (
        _has_status(ReservationStatus.PENDING)
        & (reservations.c.hold_expires_at <= at)
        & (reservations.c.id >= _OLDEST_THAT_CLAIMS_TIME)
    )
    return overdue & reservations.c.id.not_in(held) if held else overdue


def _entry_may_come(at: datetime) -> ColumnElement[bool]:
    """Whether an exit is kept whose entry a gate may still report."""
    return exists().where(
        early_exits.c.reservation_id == reservations.c.id, early_exits.c.exited_at > at - REPORTED_WITHIN
    )


def _later_than(position: Position) -> ColumnElement[UUID]:
    """An id that none at a position or before it reaches.

    A reservation's id is of the month in which it was created: its partition checks that. Those that are older than
    the partitions have ids of any time, all before the first month.
    """
    created_at, _ = position
    return func.greatest(
        literal(make_id_floor(month_after(created_at)), Uuid), func.reservations_by_month_from(type_=Uuid), type_=Uuid
    )


def _on_supply_of(change_id: UUID) -> CompoundSelect[Any]:
    """All of a lot that lost something: whose time that meets is for the lot's own rules to say."""
    time = allocations.c
    on_lots = select(time.reservation_id).join_from(allocations, lots, lots.c.id == time.parking_lot_id)
    # The lot comes first, as it does in the constraint's own index.
    same_spot = (spots.c.parking_lot_id == time.parking_lot_id) & (spots.c.id == time.spot_id) & time.blocking
    on_spots = select(time.reservation_id).join_from(allocations, spots, same_spot)
    return union(
        on_lots.where(lots.c.supply_change_id == change_id, time.reservation_id.is_not(None)),
        on_spots.where(spots.c.supply_change_id == change_id, time.reservation_id.is_not(None)),
    )


def _has_status(status: ReservationStatus) -> ColumnElement[bool]:
    """Written out: the indexes of those that are pending or confirmed serve no plan that is for any status."""
    return reservations.c.status == literal(status.value, literal_execute=True)


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
