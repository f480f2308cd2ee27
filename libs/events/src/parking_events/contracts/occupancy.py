"""`parking.occupancy.v1`: what sensors and counters saw. It says nothing about what can be booked.

Two aggregates share the topic: the sightings of a spot and the counts of a lot. Each has its own versions, which are
not those of `parking.spot.v1` and `parking.lot.v1`.
"""

from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from parking_events.base import WireEvent
from parking_events.enumerations import Open
from parking_events.topics import OCCUPANCY, Topic
from parking_events.values import Count, Instant

Confidence = Annotated[float, Field(ge=0, le=1)]


class ObservationSource(StrEnum):
    """Who saw it."""

    SENSOR = "sensor"
    COUNTER = "counter"
    GATE = "gate"
    OPERATOR = "operator"


class SpotOccupancyState(WireEvent):
    """What was last seen of one spot."""

    topic: ClassVar[Topic] = OCCUPANCY
    partition_key_field: ClassVar[str] = "parking_lot_id"
    subject_field: ClassVar[str] = "spot_id"

    spot_id: UUID = Field(description="The spot.")
    parking_lot_id: UUID = Field(description="Its lot.")
    occupied: bool = Field(description="Whether a vehicle was seen on it.")
    observed_at: Instant = Field(description="When it was seen, by the observer's clock.")
    source: Open[ObservationSource] = Field(description="What kind of observer saw it.")
    confidence: Confidence = Field(default=1.0, description="How sure the observer is, from 0 to 1.")


class LotOccupancyState(WireEvent):
    """What was last counted in one lot. `occupied` may exceed `capacity`: a counter can be wrong, and says so here."""

    topic: ClassVar[Topic] = OCCUPANCY
    partition_key_field: ClassVar[str] = "parking_lot_id"
    subject_field: ClassVar[str] = "parking_lot_id"

    parking_lot_id: UUID = Field(description="The lot.")
    occupied: int = Field(description="How many vehicles were counted; a faulty counter may report fewer than none.")
    capacity: Count = Field(description="How many fit, as the counter has it.")
    observed_at: Instant = Field(description="When it was counted, by the observer's clock.")
    source: Open[ObservationSource] = Field(description="Who counted.")
    confidence: Confidence = Field(default=1.0, description="How sure the observer is, from 0 to 1.")


class SpotOccupiedV1(SpotOccupancyState):
    """A vehicle was seen on the spot."""

    event_type: ClassVar[str] = "parking.spot.occupied.v1"


class SpotVacatedV1(SpotOccupancyState):
    """The spot was seen empty."""

    event_type: ClassVar[str] = "parking.spot.vacated.v1"


class LotCountedV1(LotOccupancyState):
    """A counter reported."""

    event_type: ClassVar[str] = "parking.lot.counted.v1"
