"""`parking.spot.v1`: the numbered spaces of the lots."""

from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from parking_events.base import WireEvent
from parking_events.topics import SPOT, Topic
from parking_events.values import WireValue


class SpotType(StrEnum):
    """What fits, or who may stand there."""

    STANDARD = "standard"
    COMPACT = "compact"
    ACCESSIBLE = "accessible"
    EV_CHARGING = "ev_charging"
    MOTORCYCLE = "motorcycle"


class SpotStatus(StrEnum):
    """Whether the spot can be used."""

    IN_SERVICE = "in_service"
    OUT_OF_SERVICE = "out_of_service"
    REMOVED = "removed"


class PlanPosition(WireValue):
    """Where the spot lies in the lot's plan: metres from its corner, rotation in degrees."""

    x: float
    y: float
    rotation: float | None = None


class SpotState(WireEvent):
    """A spot; `width` and `length` in metres."""

    topic: ClassVar[Topic] = SPOT
    partition_key_field: ClassVar[str] = "spot_id"
    subject_field: ClassVar[str] = "spot_id"

    spot_id: UUID
    parking_lot_id: UUID
    organization_id: UUID
    spot_number: str
    spot_type: SpotType
    status: SpotStatus
    level: str | None = None
    width: Annotated[float, Field(gt=0)] | None = None
    length: Annotated[float, Field(gt=0)] | None = None
    location_coordinates: PlanPosition | None = None


class SpotCreatedV1(SpotState):
    """A spot exists."""

    event_type: ClassVar[str] = "parking.spot.created.v1"


class SpotUpdatedV1(SpotState):
    """Something of the spot changed."""

    event_type: ClassVar[str] = "parking.spot.updated.v1"


class SpotTakenOutOfServiceV1(SpotState):
    """Nobody can use the spot for now."""

    event_type: ClassVar[str] = "parking.spot.taken_out_of_service.v1"


class SpotReturnedToServiceV1(SpotState):
    """The spot can be used again."""

    event_type: ClassVar[str] = "parking.spot.returned_to_service.v1"


class SpotRemovedV1(SpotState):
    """The spot is gone for good."""

    event_type: ClassVar[str] = "parking.spot.removed.v1"
