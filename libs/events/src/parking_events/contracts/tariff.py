"""`parking.tariff.v1`: prices, each version of which never changes."""

from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from parking_events.base import WireEvent
from parking_events.enumerations import Open
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


class MinimumRule(StrEnum):
    """What becomes of a price that the payment provider cannot take."""

    RAISE = "raise"


class Tax(WireValue):
    """The tax on the price: `rate_basis_points` is hundredths of a percent (7.7 % is 770).

    A rate that they do not hold (18.375 %) is in `rate_ppm`, millionths (183 750); they are the nearest to it then.
    """

    rate_basis_points: int = Field(ge=0, le=10_000, description="Hundredths of a percent: 7.7 % is 770.")
    rate_ppm: Annotated[int, Field(ge=0, le=1_000_000)] | None = Field(
        default=None,
        description="The exact rate in millionths, where hundredths of a percent do not hold it: 18.375 % is 183750.",
    )
    included: bool = Field(description="Whether the prices contain it; else it comes on top.")


class RateLine(WireValue):
    """A price for a stretch of elapsed minutes; no `to_minutes` means without end."""

    sequence: Count = Field(description="The line's place: lines are applied in this order.")
    type: Open[RateLineType] = Field(description="How the line counts.")
    from_minutes: Count = Field(description="The elapsed minute from which it counts.")
    to_minutes: Count | None = Field(
        default=None, description="The first elapsed minute that it no longer counts; absent: no end."
    )
    increment_minutes: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="How long an increment of an `incrementing` line is."
    )
    amount: MinorUnits = Field(description="What the line, or each started increment of it, costs, in minor units.")


class Cap(WireValue):
    """The most that a period costs."""

    per: Open[CapPeriod] = Field(description="The period that it limits the price of.")
    amount: MinorUnits = Field(description="The most that the period costs, in minor units.")


class TimeBand(WireValue):
    """Lines that hold on some weekdays (1 is Monday) between two local times."""

    weekdays: tuple[Annotated[int, Field(ge=1, le=7)], ...] = Field(
        description="The days on which it starts; Monday is 1."
    )
    starts: WallTime = Field(description="From this local time on.")
    ends: WallTime = Field(description="Until this local time; at or before `starts` it is the next day's.")
    lines: tuple[RateLine, ...] = Field(description="The lines that hold instead of the tariff's own.")


class TariffState(WireEvent):
    """One version of a tariff. `parking_lot_id` is absent for an organization's default tariff.

    `tariff_id` identifies the version, `number` counts a lot's versions from 1; amounts are in `currency`.
    """

    topic: ClassVar[Topic] = TARIFF
    partition_key_field: ClassVar[str] = "tariff_id"
    subject_field: ClassVar[str] = "tariff_id"

    tariff_id: UUID = Field(description="The tariff version.")
    organization_id: UUID = Field(description="The organization whose tariff it is.")
    parking_lot_id: UUID | None = Field(
        default=None, description="The lot; absent for the organization's default tariff."
    )
    number: int = Field(ge=1, description="Counts the versions of the lot's tariff, from 1.")
    currency: Currency = Field(description="The currency of all its amounts.")
    tax: Tax = Field(description="The tax on the price.")
    rounding_minutes: Count = Field(
        default=0, description="A stay's length is rounded up to a multiple of this; 0: not at all."
    )
    free_minutes: Count = Field(
        default=0, description="A stay of at most this is free; a longer one pays from its start."
    )
    lines: tuple[RateLine, ...] = Field(description="What elapsed time costs outside of the time bands.")
    caps: tuple[Cap, ...] = Field(default=(), description="The most that a period costs.")
    time_bands: tuple[TimeBand, ...] = Field(default=(), description="Parts of the week with other lines.")
    minimum: Open[MinimumRule] | None = Field(
        default=None,
        description="What becomes of a price below the payment provider's least charge, or with a fraction that cannot"
        " be paid; absent: `raise`, to the next amount that can be charged.",
    )
    published_at: Instant = Field(description="When the version was published.")


class TariffPublishedV1(TariffState):
    """A version is in force; bookings keep the one they were quoted."""

    event_type: ClassVar[str] = "parking.tariff.published.v1"
