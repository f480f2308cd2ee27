"""`parking.tariff.v1`: prices, each version of which never changes."""

from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from parking_events.base import WireEvent
from parking_events.topics import TARIFF, Topic
from parking_events.values import Count, Currency, Instant, MinorUnits, WallTime, WireValue


class RateLineType(StrEnum):
    """How a line counts (APDS RateLine)."""

    INCREMENTING = "incrementing"
    FLAT = "flat"
    FLAT_TIER = "flat_tier"


class CapPeriod(StrEnum):
    """What a cap limits the price of."""

    CALENDAR_DAY = "calendar_day"
    TWENTY_FOUR_HOURS = "24h"


class Tax(WireValue):
    """The tax on the price: `rate_basis_points` is hundredths of a percent (7.7 % is 770)."""

    rate_basis_points: Annotated[int, Field(ge=0, le=10_000)]
    included: bool


class RateLine(WireValue):
    """A price for a stretch of elapsed minutes; no `to_minutes` means without end."""

    sequence: Count
    type: RateLineType
    from_minutes: Count
    to_minutes: Count | None = None
    increment_minutes: Annotated[int, Field(ge=1)] | None = None
    amount: MinorUnits


class Cap(WireValue):
    """The most that a period costs."""

    per: CapPeriod
    amount: MinorUnits


class TimeBand(WireValue):
    """Lines that hold on some weekdays (1 is Monday) between two local times."""

    weekdays: tuple[Annotated[int, Field(ge=1, le=7)], ...]
    starts: WallTime
    ends: WallTime
    lines: tuple[RateLine, ...]


class TariffState(WireEvent):
    """One version of a tariff. `parking_lot_id` is absent for an organization's default tariff.

    `tariff_id` identifies the version, `number` counts a lot's versions from 1; amounts are in `currency`.
    """

    topic: ClassVar[Topic] = TARIFF
    partition_key_field: ClassVar[str] = "tariff_id"
    subject_field: ClassVar[str] = "tariff_id"

    tariff_id: UUID
    organization_id: UUID
    parking_lot_id: UUID | None = None
    number: Annotated[int, Field(ge=1)]
    currency: Currency
    tax: Tax
    rounding_minutes: Count = 0
    free_minutes: Count = 0
    lines: tuple[RateLine, ...]
    caps: tuple[Cap, ...] = ()
    time_bands: tuple[TimeBand, ...] = ()
    published_at: Instant


class TariffPublishedV1(TariffState):
    """A version is in force; bookings keep the one they were quoted."""

    event_type: ClassVar[str] = "parking.tariff.published.v1"
