"""`reservation.supply-change.v1`: what became of the bookings that a change of supply stood in the way of."""

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from parking_events.base import WireEvent
from parking_events.enumerations import Open
from parking_events.topics import SUPPLY_CHANGE, Topic
from parking_events.values import Count, Instant, WireValue


class AffectedPolicy(StrEnum):
    """What becomes of the bookings in the way: another spot of the lot where there is one, or their money back."""

    MOVE = "move"
    REFUND = "refund"


class SupplyChange(WireValue):
    """This version of a lot or a spot takes supply away. Events of several spots may share one change."""

    id: UUID = Field(description="The change: the subject of what `reservation.supply-change.v1` says about it.")
    affected: Open[AffectedPolicy] = Field(
        description="What becomes of the bookings in the way; `move` where the operator named nothing."
    )


class SupplyChangeStatus(StrEnum):
    """Whether bookings of the change are still worked on."""

    RUNNING = "running"
    DONE = "done"


class SupplyChangeOutcome(StrEnum):
    """What became of one booking."""

    MOVED = "moved"
    REFUNDED = "refunded"
    CANCELLED = "cancelled"
    WAITING_FOR_EXIT = "waiting_for_exit"


class SettledBooking(WireValue):
    """One booking of the change, and what became of it."""

    reservation_id: UUID = Field(description="The reservation.")
    outcome: Open[SupplyChangeOutcome] = Field(
        description="`moved` to another spot, `refunded` in full, `cancelled` before it was paid, or, for a car that "
        "is in, `waiting_for_exit`."
    )


class SupplyChangeState(WireEvent):
    """How far reservation is with the bookings in the way of a change that parking published, by its id.

    Each change is answered, also where no booking was in the way: then it is done with a `total` of 0. A change of
    several spots may be running again after it was done, when the event of another spot arrives.
    """

    topic: ClassVar[Topic] = SUPPLY_CHANGE
    partition_key_field: ClassVar[str] = "parking_lot_id"
    subject_field: ClassVar[str] = "id"

    id: UUID = Field(description="The change, as the event of the lot or the spot names it.")
    parking_lot_id: UUID = Field(description="The lot whose supply changed.")
    affected: Open[AffectedPolicy] = Field(description="What becomes of the bookings in the way.")
    status: Open[SupplyChangeStatus] = Field(description="Whether it is `running`, or `done`.")
    total: Count = Field(description="How many bookings were found in the way.")
    moved: Count = Field(description="How many have another spot now.")
    refunded: Count = Field(description="How many were ended, and everything that was paid goes back.")
    cancelled: Count = Field(description="How many were not paid yet, and were cancelled.")
    waiting_for_exit: Count = Field(description="How many cars are in, whose exit the change waits for.")
    last: SettledBooking | None = Field(
        default=None, description="The booking that this event is about; absent when it starts and when it ends."
    )
    at: Instant = Field(description="When this was decided.")


class SupplyChangeStartedV1(SupplyChangeState):
    """The change arrived; the bookings in its way are being worked on."""

    event_type: ClassVar[str] = "parking.supply_change.started.v1"


class SupplyChangeProgressedV1(SupplyChangeState):
    """One booking was decided; `last` says which, and how."""

    event_type: ClassVar[str] = "parking.supply_change.progressed.v1"


class SupplyChangeFinishedV1(SupplyChangeState):
    """The last booking was decided; the counts are the summary."""

    event_type: ClassVar[str] = "parking.supply_change.finished.v1"
