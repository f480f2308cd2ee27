"""Supply that goes away under bookings: what a booking stands on, and the change that took it away (docs/saga.md)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from parking_kernel.spot_types import as_good_as
from reservation_service.domain.lots import Lot
from reservation_service.domain.reservations import ReservationState, ReservationStatus

LOOK_AGAIN: Final = timedelta(seconds=5)
"""When a change is looked at again that waits for an exit, or of which a booking failed."""


class AffectedPolicy(StrEnum):
    """What becomes of the bookings in the way: another spot of the lot where there is one, or their money back."""

    MOVE = "move"
    REFUND = "refund"


class SupplyOutcome(StrEnum):
    """What became of one booking."""

    MOVED = "moved"
    REFUNDED = "refunded"
    CANCELLED = "cancelled"
    WAITING_FOR_EXIT = "waiting_for_exit"


class SupplyChangeStatus(StrEnum):
    """Whether bookings of the change are still worked on."""

    RUNNING = "running"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class TakenAway:
    """The change that a version of a lot or of a spot may take supply away by.

    `is_named`: parking named it. Else it is one only where that version has less than the one before.
    """

    id: UUID
    affected: AffectedPolicy
    parking_lot_id: UUID
    organization_id: UUID
    is_named: bool


@dataclass(frozen=True, slots=True)
class Supply:
    """What a booking stands on, as the own copies are, and the changes that took of the lot and of the spot."""

    lot: Lot
    spot_is_in_service: bool
    spot_type: str
    lot_change_id: UUID | None = None
    spot_change_id: UUID | None = None

    def lot_takes(self, reservation: ReservationState) -> bool:
        """Whether the lot is there, and open when the booking's car drives in and out."""
        hours = self.lot.opening_hours
        return not self.lot.is_retired and (hours is None or hours.is_open_during(reservation.period, self.lot.zone))

    def is_gone_for(self, reservation: ReservationState, now: datetime) -> bool:
        """Whether a booking that still counts has lost its spot, or its lot.

        One whose time is over has nothing to lose, unless its car is in. Hours that no change has touched are those
        that it was booked by.
        """
        match reservation.status:
            case ReservationStatus.ACTIVE:
                pass
            case ReservationStatus.PENDING | ReservationStatus.CONFIRMED if now < reservation.period.ends_at:
                pass
            case _:
                return False
        return self._spot_is_gone(reservation) or self._lot_is_gone(reservation)

    def change_of(self, reservation: ReservationState) -> UUID | None:
        """The change that a booking lost its supply by; none for a spot that went before changes had names."""
        return self.lot_change_id if self._lot_is_gone(reservation) else self.spot_change_id

    def _spot_is_gone(self, reservation: ReservationState) -> bool:
        """A type that no change has touched is that which it was booked as."""
        is_as_booked = self.spot_change_id is None or self.spot_type in as_good_as(reservation.spot.type)
        return not (self.spot_is_in_service and is_as_booked)

    def _lot_is_gone(self, reservation: ReservationState) -> bool:
        return self.lot_change_id is not None and not self.lot_takes(reservation)


@dataclass(frozen=True, slots=True)
class SettledBooking:
    """One booking of a change, and what became of it."""

    reservation_id: UUID
    outcome: SupplyOutcome


@dataclass(frozen=True, slots=True)
class SupplyChangeState:
    """How far a change is with the bookings in its way.

    `waiting` are the stays that it waits for, `exited` counts those that ended by themselves. A look that began at
    `settled_by` or later sees every booking that was made on the supply before it went; none while nobody has looked.
    """

    id: UUID
    parking_lot_id: UUID
    organization_id: UUID
    affected: AffectedPolicy
    status: SupplyChangeStatus
    due_at: datetime
    at: datetime
    version: int
    total: int = 0
    moved: int = 0
    refunded: int = 0
    cancelled: int = 0
    waiting: frozenset[UUID] = frozenset()
    exited: int = 0
    last: SettledBooking | None = None
    settled_by: datetime | None = None

    @property
    def seen(self) -> int:
        """How many bookings were settled, wait, or have left."""
        return self.moved + self.refunded + self.cancelled + len(self.waiting) + self.exited


@dataclass(frozen=True, slots=True)
class SupplyChangeEvent:
    """Something that happened to a change, with the state that it led to."""

    at: datetime
    change: SupplyChangeState


class SupplyChangeStarted(SupplyChangeEvent):
    """Supply went away; the bookings in the way are worked on."""


class SupplyChangeProgressed(SupplyChangeEvent):
    """One booking was decided."""


class SupplyChangeFinished(SupplyChangeEvent):
    """The last booking was decided."""


@dataclass(slots=True)
class SupplyChange:
    """The aggregate: what is published is a new version; when it is looked at again is not."""

    state: SupplyChangeState
    events: list[SupplyChangeEvent] = field(default_factory=list[SupplyChangeEvent])

    @classmethod
    def begun(cls, by: TakenAway, at: datetime) -> "SupplyChange":
        """A change that nobody has looked at."""
        state = SupplyChangeState(
            id=by.id,
            parking_lot_id=by.parking_lot_id,
            organization_id=by.organization_id,
            affected=by.affected,
            status=SupplyChangeStatus.RUNNING,
            due_at=at,
            at=at,
            version=1,
        )
        return cls(state, [SupplyChangeStarted(at, state)])

    def goes_on(self, at: datetime) -> None:
        """It has taken more: what was booked on that by a statement under way is to be found too."""
        self.state = replace(self.state, due_at=at, settled_by=None)
        if self.state.status is SupplyChangeStatus.DONE:
            running = replace(self.state, status=SupplyChangeStatus.RUNNING, last=None)
            self._change(running, SupplyChangeStarted, at)

    def settle(self, reservation_id: UUID, outcome: SupplyOutcome, at: datetime) -> None:
        """Note what became of a booking; a stay that it waits for already changes nothing."""
        state = self.state
        if outcome is SupplyOutcome.WAITING_FOR_EXIT:
            if reservation_id in state.waiting:
                return
            state = replace(state, waiting=state.waiting | {reservation_id})
        else:
            state = replace(
                state,
                waiting=state.waiting - {reservation_id},
                moved=state.moved + (outcome is SupplyOutcome.MOVED),
                refunded=state.refunded + (outcome is SupplyOutcome.REFUNDED),
                cancelled=state.cancelled + (outcome is SupplyOutcome.CANCELLED),
            )
        state = replace(state, total=max(state.total, state.seen), last=SettledBooking(reservation_id, outcome))
        self._change(state, SupplyChangeProgressed, at)

    def look(
        self,
        in_the_way: Collection[UUID],
        began: datetime,
        settled_by: datetime,
        given_up: Collection[UUID] = (),
    ) -> Sequence[UUID]:
        """Take note of what a look found that began at an instant; those that are to be settled.

        A statement that was under way when the supply went, and saw it as it was, has ended by `settled_by`, which
        counts where no look before has said one. A look that finds nothing ends the change only where it began after
        that. `given_up` are those in the way that it has waited for, and waits for no longer.
        """
        state, ids = self.state, frozenset(in_the_way)
        state = replace(state, waiting=state.waiting - frozenset(given_up))
        left = [each for each in in_the_way if each not in state.waiting]
        state = replace(
            state,
            exited=state.exited + len(state.waiting - ids),
            waiting=state.waiting & ids,
            settled_by=state.settled_by or settled_by,
        )
        self.state = state = replace(state, total=state.seen + len(left))
        if not ids and state.settled_by and began >= state.settled_by:
            self._change(replace(state, status=SupplyChangeStatus.DONE, last=None), SupplyChangeFinished, began)
        return left

    def look_again(self, at: datetime, *, is_held_up: bool) -> None:
        """When it is looked at next: soon while a stay or a failure holds it up, else when no statement is left."""
        is_held_up = is_held_up or bool(self.state.waiting)
        due_at = at + LOOK_AGAIN if is_held_up else max(at, self.state.settled_by or at)
        self.state = replace(self.state, due_at=due_at)

    def _change(self, state: SupplyChangeState, event: type[SupplyChangeEvent], at: datetime) -> None:
        self.state = replace(state, version=self.state.version + 1, at=at)
        self.events.append(event(at, self.state))
