"""The statement that lists reservations of a driver or of a lot, filtered and sorted."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, func, literal, select, tuple_

from parking_chassis.ids import make_id_floor
from parking_kernel.pages import Position
from reservation_service.adapters.postgres.partitions import month_after
from reservation_service.adapters.postgres.tables import reservations
from reservation_service.application.ports import BETWEEN_SIGNS, Order, ReservationFilter, signs_of
from reservation_service.domain.lots import LONGEST


def listed(whose: ColumnElement[bool], after: Position | None, limit: int, only: ReservationFilter) -> Select[Any]:
    """One page, after a position of the same order."""
    columns = reservations.c
    statement = select(reservations).where(whose, *_conditions(only)).limit(limit)
    if only.order is Order.BY_START:
        place = tuple_(columns.starts_at, columns.id)
        statement = statement.order_by(columns.starts_at, columns.id)
        return statement.where(place > after) if after else statement
    by = columns.created_at if only.order is Order.NEWEST_FIRST else columns.starts_at
    statement = statement.order_by(by.desc(), columns.id.desc())
    if after is None:
        return statement
    statement = statement.where(tuple_(by, columns.id) < after)
    return statement.where(columns.id < _later_than(after)) if only.order is Order.NEWEST_FIRST else statement


def _conditions(only: ReservationFilter) -> Iterator[ColumnElement[bool]]:
    columns = reservations.c
    if only.statuses:
        yield columns.status.in_(sorted(each.value for each in only.statuses))
    if only.starts_at:
        # The second for the index: no reservation is longer.
        yield columns.ends_at > only.starts_at
        yield columns.starts_at > only.starts_at - LONGEST
    if only.ends_at:
        yield columns.starts_at < only.ends_at
    if only.spot_id:
        yield columns.spot_id == only.spot_id
    if only.plate:
        yield func.translate(columns.vehicle_plate, BETWEEN_SIGNS, "") == signs_of(only.plate)


def _later_than(position: Position) -> ColumnElement[UUID]:
    """An id that none at a position or before it reaches.

    A reservation's id is of the month in which it was created: its partition checks that. Those that are older than
    the partitions have ids of any time, all before the first month.
    """
    created_at, _ = position
    return func.greatest(
        literal(make_id_floor(month_after(created_at)), Uuid), func.reservations_by_month_from(type_=Uuid), type_=Uuid
    )
