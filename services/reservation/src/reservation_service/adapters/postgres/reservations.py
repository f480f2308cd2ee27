"""Reservations in PostgreSQL, partitioned by month (docs/decisions/0015).

Each statement says from which id on it looks, or up to which, so that PostgreSQL leaves the other months alone.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, exists, func, literal, literal_column, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from parking_chassis.ids import make_id_floor
from parking_kernel.concurrency import ChangedMeanwhile
from parking_kernel.pages import Position
from parking_kernel.periods import Period
from reservation_service.adapters.postgres.documents import (
    Row,
    charges_document,
    charges_of,
    refund_orders_document,
    refund_orders_of,
)
from reservation_service.adapters.postgres.partitions import month_after
from reservation_service.adapters.postgres.tables import allocations, reservations
from reservation_service.application.ports import Wish
from reservation_service.domain.errors import UnknownReservation
from reservation_service.domain.lots import Spot
from reservation_service.domain.reservations import (
    ParkingSession,
    Reservation,
    ReservationState,
    ReservationStatus,
)

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

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, reservation_id: UUID) -> Reservation:
        """One reservation, locked until the transaction ends. Raises `UnknownReservation`."""
        return Reservation(await self._one(_by_id(reservation_id).with_for_update(), reservation_id))

    async def get_all(self, reservation_ids: Collection[UUID]) -> Mapping[UUID, Reservation]:
        """Reservations, locked until the transaction ends. Raises `UnknownReservation`.

        In the order in which holds are let go, so that neither waits for what the other has.
        """
        if not reservation_ids:
            return {}
        # PostgreSQL 15 leaves no partition out for a list of ids, but for their least and greatest.
        wanted = reservations.c.id.in_(reservation_ids) & reservations.c.id.between(
            min(reservation_ids), max(reservation_ids)
        )
        statement = _in_order_of_letting_go().where(wanted).with_for_update()
        rows = (await self._connection.execute(statement)).mappings()
        found = {state.id: Reservation(state) for state in map(_state, rows)}
        for missing in set(reservation_ids) - found.keys():
            raise UnknownReservation(missing)
        return found

    async def read(self, reservation_id: UUID) -> ReservationState:
        """One reservation, not locked. Raises `UnknownReservation`."""
        return await self._one(_by_id(reservation_id), reservation_id)

    async def save(self, reservation: Reservation) -> None:
        """Keep a changed reservation. Raises `ChangedMeanwhile`."""
        if reservation.state.version == reservation.loaded_version:
            return
        mine = (reservations.c.id == reservation.state.id) & (reservations.c.version == reservation.loaded_version)
        changed = {name: value for name, value in reservation_row(reservation.state).items() if name not in _KEY}
        statement = update(reservations).where(mine).values(changed)
        if (await self._connection.execute(statement)).rowcount != 1:
            raise ChangedMeanwhile("reservation")

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
        self, at: datetime, limit: int, in_the_way_of: Wish | None = None, *, held: Collection[UUID] = ()
    ) -> Sequence[Reservation]:
        """Holds that were due by an instant, without those of `held` reservations, the oldest first, locked."""
        statement = _in_order_of_letting_go().where(_is_overdue(at)).limit(limit).with_for_update()
        if in_the_way_of:
            statement = statement.where(_is_in_the_way_of(in_the_way_of))
        if held:
            statement = statement.where(reservations.c.id.not_in(held))
        return [Reservation(_state(row)) for row in (await self._connection.execute(statement)).mappings()]

    async def missed(self, at: datetime, after: Position | None, limit: int) -> Sequence[Position]:
        """Ends and ids of confirmed ones whose period was over by an instant, the oldest first, after a position."""
        place = (reservations.c.ends_at, reservations.c.id)
        statement = (
            select(*place)
            .where(
                _has_status(ReservationStatus.CONFIRMED),
                reservations.c.ends_at <= at,
                reservations.c.id >= _OLDEST_THAT_CLAIMS_TIME,
            )
            .order_by(*place)
            .limit(limit)
        )
        if after:
            statement = statement.where(tuple_(*place) > after)
        return [(ends_at, reservation_id) for ends_at, reservation_id in await self._connection.execute(statement)]

    async def _one(self, statement: Select[Any], reservation_id: UUID) -> ReservationState:
        row = (await self._connection.execute(statement)).mappings().first()
        if row is None:
            raise UnknownReservation(reservation_id)
        return _state(row)

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
        return [_state(row) for row in (await self._connection.execute(statement)).mappings()]


def _by_id(reservation_id: UUID) -> Select[Any]:
    return select(reservations).where(reservations.c.id == reservation_id)


def _in_order_of_letting_go() -> Select[Any]:
    return select(reservations).order_by(reservations.c.hold_expires_at, reservations.c.id)


def _is_overdue(at: datetime) -> ColumnElement[bool]:
    return (
        _has_status(ReservationStatus.PENDING)
        & (reservations.c.hold_expires_at <= at)
        & (reservations.c.id >= _OLDEST_THAT_CLAIMS_TIME)
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


def _has_status(status: ReservationStatus) -> ColumnElement[bool]:
    """Written out: the indexes of those that are pending or confirmed serve no plan that is for any status."""
    return reservations.c.status == literal(status.value, literal_execute=True)


def _is_in_the_way_of(wish: Wish) -> ColumnElement[bool]:
    during = func.tstzrange(wish.period.starts_at, wish.period.ends_at, "[)")
    in_the_way = (
        (allocations.c.reservation_id == reservations.c.id)
        & (allocations.c.parking_lot_id == wish.parking_lot_id)
        & allocations.c.blocking
        & allocations.c.during.op("&&")(during)
    )
    if wish.spot_id:
        in_the_way &= allocations.c.spot_id == wish.spot_id
    return exists().where(in_the_way)


def reservation_row(state: ReservationState) -> dict[str, Any]:
    """The columns of a reservation."""
    stay = state.parking_session
    return {
        "id": state.id,
        "user_id": state.user_id,
        "organization_id": state.organization_id,
        "parking_lot_id": state.parking_lot_id,
        "spot_id": state.spot.id,
        "spot_number": state.spot.number,
        "spot_type": state.spot.type,
        "starts_at": state.period.starts_at,
        "ends_at": state.period.ends_at,
        "status": state.status.value,
        "tariff_id": state.tariff_id,
        "currency": state.currency,
        "charges": charges_document(state.charges),
        "refund_due": state.refund_due.amount,
        "refund_orders": refund_orders_document(state.refund_orders),
        "created_at": state.created_at,
        "hold_expires_at": state.hold_expires_at,
        "vehicle_plate": state.vehicle_plate,
        "parking_session_id": stay.id if stay else None,
        "entered_at": stay.entered_at if stay else None,
        "exited_at": stay.exited_at if stay else None,
        "version": state.version,
    }


def _state(row: Row) -> ReservationState:
    currency = row["currency"]
    stay_id = row["parking_session_id"]
    return ReservationState(
        id=row["id"],
        user_id=row["user_id"],
        organization_id=row["organization_id"],
        parking_lot_id=row["parking_lot_id"],
        spot=Spot(row["spot_id"], row["spot_number"], row["spot_type"]),
        period=Period(row["starts_at"], row["ends_at"]),
        status=ReservationStatus(row["status"]),
        tariff_id=row["tariff_id"],
        currency=currency,
        charges=charges_of(row["charges"], currency),
        created_at=row["created_at"],
        hold_expires_at=row["hold_expires_at"],
        vehicle_plate=row["vehicle_plate"],
        parking_session=ParkingSession(stay_id, row["entered_at"], row["exited_at"]) if stay_id else None,
        version=row["version"],
        refund_orders=refund_orders_of(row["refund_orders"], currency),
    )
