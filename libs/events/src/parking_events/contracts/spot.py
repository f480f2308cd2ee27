"""`parking.spot.v1`: the numbered spaces of the lots."""

from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from parking_events.base import WireEvent
from parking_events.contracts.supply_change import SupplyChange
from parking_events.enumerations import Open
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

    x: float = Field(description="Metres to the right of the plan's corner.")
    y: float = Field(description="Metres below the plan's corner.")
    rotation: float | None = Field(default=None, description="Degrees clockwise; absent where it is not drawn.")


class SpotState(WireEvent):
    """A spot; `width` and `length` in metres."""

    topic: ClassVar[Topic] = SPOT
    partition_key_field: ClassVar[str] = "spot_id"
    subject_field: ClassVar[str] = "spot_id"

    spot_id: UUID = Field(description="The spot.")
    parking_lot_id: UUID = Field(description="Its lot.")
    organization_id: UUID = Field(description="The organization that runs the lot.")
    spot_number: str = Field(description="Its number, as it is painted on the ground; unique within the lot.")
    spot_type: Open[SpotType] = Field(description="What fits on it, or who may stand there.")
    status: Open[SpotStatus] = Field(description="Whether it can be used.")
    level: str | None = Field(default=None, description="The storey that it is on, as the signs name it.")
    width: Annotated[float, Field(gt=0)] | None = Field(default=None, description="In metres.")
    length: Annotated[float, Field(gt=0)] | None = Field(default=None, description="In metres.")
    location_coordinates: PlanPosition | None = Field(default=None, description="Where it lies in the lot's plan.")
    supply_change: SupplyChange | None = Field(
        default=None, description="The change by which exactly this version takes supply away; absent in all others."
    )


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
