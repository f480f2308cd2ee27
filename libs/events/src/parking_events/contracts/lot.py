"""`parking.lot.v1`: the car parks."""

from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from parking_events.base import WireEvent
from parking_events.contracts.spot import SpotType
from parking_events.contracts.supply_change import SupplyChange
from parking_events.enumerations import Open
from parking_events.topics import LOT, Topic
from parking_events.values import Code, Count, Currency, Instant, Money, Place, TimeZone, WallTime, WireValue


class LotStatus(StrEnum):
    """Whether the lot can be booked. A draft has no prices yet and is not on sale."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    RETIRED = "retired"


class Hours(WireValue):
    """From `opens` to `closes` in the lot's own zone; a `closes` before `opens` lies on the next day."""

    opens: WallTime = Field(description="From this local time on, as `HH:MM`.")
    closes: WallTime = Field(
        description="Until this local time; before `opens` it is the next day's, `24:00` is midnight."
    )


class ExceptionalDay(WireValue):
    """A date whose hours replace the weekday's; without hours the lot is shut."""

    day: date = Field(description="The date in the lot's own zone.")
    hours: tuple[Hours, ...] = Field(description="The hours of that date; none where the lot is shut.")


class OpeningHours(WireValue):
    """The hours of each weekday. A weekday without hours is shut."""

    mon: tuple[Hours, ...] = Field(default=(), description="Mondays; none where the lot is shut.")
    tue: tuple[Hours, ...] = Field(default=(), description="Tuesdays; none where the lot is shut.")
    wed: tuple[Hours, ...] = Field(default=(), description="Wednesdays; none where the lot is shut.")
    thu: tuple[Hours, ...] = Field(default=(), description="Thursdays; none where the lot is shut.")
    fri: tuple[Hours, ...] = Field(default=(), description="Fridays; none where the lot is shut.")
    sat: tuple[Hours, ...] = Field(default=(), description="Saturdays; none where the lot is shut.")
    sun: tuple[Hours, ...] = Field(default=(), description="Sundays; none where the lot is shut.")
    exceptions: tuple[ExceptionalDay, ...] = Field(default=(), description="Dates whose hours replace the weekday's.")


class Closure(WireValue):
    """A period in which the lot, or the named spots alone, cannot be used. Without `ends_at`: until further notice."""

    closure_id: UUID = Field(description="The closure.")
    starts_at: Instant = Field(description="The first instant that is closed.")
    ends_at: Instant | None = Field(
        default=None, description="The first instant that is open again; absent until it is known."
    )
    spot_ids: tuple[UUID, ...] = Field(default=(), description="The spots that are closed; none means the whole lot.")
    reason: Code | None = Field(default=None, description="Why, as a code.")


class LotState(WireEvent):
    """A lot as the public sees it.

    `tariff_id` is the tariff version in force (`parking.tariff.v1`); the two rates are for display. No `opening_hours`
    means open day and night.
    """

    topic: ClassVar[Topic] = LOT
    partition_key_field: ClassVar[str] = "parking_lot_id"
    subject_field: ClassVar[str] = "parking_lot_id"

    parking_lot_id: UUID = Field(description="The lot.")
    organization_id: UUID = Field(description="The organization that runs it.")
    name: str = Field(description="What the car park is called.")
    description: str | None = Field(default=None, description="More about it, for drivers.")
    address: str = Field(description="Where it is, in words.")
    location: Place = Field(description="Where it is, as a point.")
    time_zone: TimeZone = Field(description="Its IANA time zone: local times and calendar days are read in it.")
    currency: Currency = Field(description="The currency of its prices, ISO 4217.")
    status: Open[LotStatus] = Field(description="Whether it can be booked.")
    total_spots: Count = Field(description="How many spots it has.")
    spot_types: tuple[Open[SpotType], ...] = Field(default=(), description="The types of spots that it has.")
    amenities: tuple[Code, ...] = Field(default=(), description="What else there is, as codes such as `covered`.")
    opening_hours: OpeningHours | None = Field(default=None, description="When it is open; absent means day and night.")
    closures: tuple[Closure, ...] = Field(default=(), description="Periods in which it, or some of it, cannot be used.")
    tariff_id: UUID | None = Field(default=None, description="The tariff version in force; absent before the first.")
    hourly_rate: Money | None = Field(default=None, description="About what an hour costs, for display only.")
    daily_rate: Money | None = Field(default=None, description="About what a day costs, for display only.")
    photos: tuple[str, ...] = Field(default=(), description="Addresses of pictures.")
    supply_change: SupplyChange | None = Field(
        default=None, description="The change by which exactly this version takes supply away; absent in all others."
    )


class LotCreatedV1(LotState):
    """A lot exists; its status says whether it can be booked."""

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
