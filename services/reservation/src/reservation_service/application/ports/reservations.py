"""The reservations themselves."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol
from uuid import UUID

from parking_kernel.pages import Position
from reservation_service.application.ports.timetable import SpotRequest
from reservation_service.domain.reservations import Reservation, ReservationState, ReservationStatus

BETWEEN_SIGNS: Final = " -·/"
"""What may stand between the letters and digits of a plate."""


class Order(StrEnum):
    """How a list is sorted; a position in it is the time that it is sorted by, and the id."""

    NEWEST_FIRST = "-created_at"
    BY_START = "start_time"
    LATEST_START_FIRST = "-start_time"


@dataclass(frozen=True, slots=True)
class ReservationFilter:
    """Which of someone's reservations are listed, and how they are sorted.

    Of a status of these, if any are named; whose period meets the time from `starts_at` to `ends_at`; of a spot; of a
    plate, whatever stands between its letters and digits.
    """

    statuses: frozenset[ReservationStatus] = frozenset()
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    spot_id: UUID | None = None
    plate: str | None = field(default=None, repr=False)
    order: Order = Order.NEWEST_FIRST

    def position_of(self, state: ReservationState) -> Position:
        """Where a reservation stands in the list."""
        at = state.created_at if self.order is Order.NEWEST_FIRST else state.period.starts_at
        return at, state.id


ALL: Final = ReservationFilter()


def signs_of(plate: str) -> str:
    """A plate's letters and digits: what two of them are compared by."""
    return "".join(each for each in plate if each not in BETWEEN_SIGNS)


class Reservations(Protocol):
    """The reservations."""

    async def get(self, reservation_id: UUID) -> Reservation:
        """One reservation, locked until the transaction ends. Raises `UnknownReservation`."""
        ...

    async def get_all(self, reservation_ids: Collection[UUID]) -> Mapping[UUID, Reservation]:
        """Reservations, locked until the transaction ends. Raises `UnknownReservation`."""
        ...

    async def read(self, reservation_id: UUID) -> ReservationState:
        """One reservation, not locked. Raises `UnknownReservation`."""
        ...

    async def save(self, reservation: Reservation) -> None:
        """Store a changed reservation; its events are published. Raises `ChangedMeanwhile`."""
        ...

    async def of_user(
        self, user_id: UUID, after: Position | None, limit: int, only: ReservationFilter = ALL
    ) -> Sequence[ReservationState]:
        """A driver's reservations, in the filter's order, after a position."""
        ...

    async def of_lot(
        self, parking_lot_id: UUID, after: Position | None, limit: int, only: ReservationFilter = ALL
    ) -> Sequence[ReservationState]:
        """A lot's reservations, in the filter's order, after a position."""
        ...

    async def standing_of(self, user_id: UUID) -> Sequence[UUID]:
        """The ids of a driver's reservations that are not over (`STANDING`)."""
        ...

    async def hold_is_overdue(self, at: datetime) -> bool:
        """Whether any hold was due by an instant."""
        ...

    async def overdue(
        self, at: datetime, limit: int, in_the_way_of: SpotRequest, *, held: Collection[UUID] = ()
    ) -> Sequence[Reservation]:
        """Holds in the way of a request that were due by an instant, but of no `held` reservation, locked.

        The oldest first. Another that asks for them meanwhile waits, and gets what is left.
        """
        ...

    async def due_holds(
        self, at: datetime, after: Position | None, limit: int, *, held: Collection[UUID] = ()
    ) -> Sequence[Position]:
        """When holds fell due that were due by an instant, and their ids, but of no `held` reservation.

        The oldest first, after a position. Nothing else of them is read, and nothing is locked.
        """
        ...

    async def overdue_of(self, reservation_ids: Collection[UUID], at: datetime) -> Sequence[Reservation]:
        """Those of these that are holds and were due by an instant, locked; what others have locked is left out."""
        ...

    async def missed(self, at: datetime, after: Position | None, limit: int) -> Sequence[Position]:
        """Ends and ids of confirmed ones whose period was over by an instant, the oldest first, after a position."""
        ...

    async def on_supply_of(self, change_id: UUID, after: UUID | None, limit: int) -> Sequence[ReservationState]:
        """Those that hold time on a lot or a spot of which a change took something, by their ids, after one."""
        ...
