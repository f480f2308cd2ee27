"""`parking.lot.v1`: the car parks."""

from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from parking_events.base import WireEvent
from parking_events.contracts.spot import SpotType
from parking_events.topics import LOT, Topic
from parking_events.values import Code, Count, Currency, Instant, Money, Place, TimeZone, WallTime, WireValue


class LotStatus(StrEnum):
    """Whether the lot can be booked."""

    OPEN = "open"
    CLOSED = "closed"
    RETIRED = "retired"


class Hours(WireValue):
    """From `opens` to `closes` in the lot's own zone; a `closes` before `opens` lies on the next day."""

    opens: WallTime
    closes: WallTime


class ExceptionalDay(WireValue):
    """A date whose hours replace the weekday's; without hours the lot is shut."""

    day: date
    hours: tuple[Hours, ...]


class OpeningHours(WireValue):
    """The hours of each weekday. A weekday without hours is shut."""

    mon: tuple[Hours, ...] = ()
    tue: tuple[Hours, ...] = ()
    wed: tuple[Hours, ...] = ()
    thu: tuple[Hours, ...] = ()
    fri: tuple[Hours, ...] = ()
    sat: tuple[Hours, ...] = ()
    sun: tuple[Hours, ...] = ()
    exceptions: tuple[ExceptionalDay, ...] = ()


class Closure(WireValue):
    """A period in which the lot, or the named spots alone, cannot be used. Without `ends_at`: until further notice."""

    closure_id: UUID
    starts_at: Instant
    ends_at: Instant | None = None
    spot_ids: tuple[UUID, ...] = ()
    reason: Code | None = None


class LotState(WireEvent):
    """A lot as the public sees it.

    `tariff_id` is the tariff version in force (`parking.tariff.v1`); the two rates are for display. No `opening_hours`
    means open day and night.
    """

    topic: ClassVar[Topic] = LOT
    partition_key_field: ClassVar[str] = "parking_lot_id"
    subject_field: ClassVar[str] = "parking_lot_id"

    parking_lot_id: UUID
    organization_id: UUID
    name: str
    description: str | None = None
    address: str
    location: Place
    time_zone: TimeZone
    currency: Currency
    status: LotStatus
    total_spots: Count
    spot_types: tuple[SpotType, ...] = ()
    amenities: tuple[Code, ...] = ()
    opening_hours: OpeningHours | None = None
    closures: tuple[Closure, ...] = ()
    tariff_id: UUID | None = None
    hourly_rate: Money | None = None
    daily_rate: Money | None = None
    photos: tuple[str, ...] = ()


class LotCreatedV1(LotState):
    """A lot exists and can be booked."""

    event_type: ClassVar[str] = "parking.lot.created.v1"


class LotUpdatedV1(LotState):
    """Something of the lot changed; `changed` names the fields."""

    event_type: ClassVar[str] = "parking.lot.updated.v1"


class LotClosedV1(LotState):
    """The lot, or a period of it, was closed; see `closures`."""

    event_type: ClassVar[str] = "parking.lot.closed.v1"


class LotReopenedV1(LotState):
    """A closure ended or was withdrawn."""

    event_type: ClassVar[str] = "parking.lot.reopened.v1"


class LotRetiredV1(LotState):
    """The lot is gone for good."""

    event_type: ClassVar[str] = "parking.lot.retired.v1"
