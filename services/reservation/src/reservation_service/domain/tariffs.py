"""A tariff: the prices of a lot, as one version that never changes (APDS RateTable)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from uuid import UUID


class LineType(StrEnum):
    """How a rate line counts.

    `incrementing`: each started increment within its stretch of elapsed time costs the amount.
    `flat`: reaching into the stretch costs the amount once.
    `flat_tier`: a stay that ends within the stretch costs the amount in all.
    """

    INCREMENTING = "incrementing"
    FLAT = "flat"
    FLAT_TIER = "flat_tier"


class CapPeriod(StrEnum):
    """What a cap limits: each day of the lot's calendar, or each 24 hours from the start."""

    CALENDAR_DAY = "calendar_day"
    TWENTY_FOUR_HOURS = "24h"


@dataclass(frozen=True, slots=True)
class RateLine:
    """A price for elapsed minutes `[from_minutes, to_minutes)`; without `to_minutes` for all that follow."""

    type: LineType
    from_minutes: int
    to_minutes: int | None
    increment_minutes: int | None
    amount: int

    def __post_init__(self) -> None:
        if self.type is LineType.INCREMENTING and not self.increment_minutes:
            raise ValueError("an incrementing rate line says how long its increments are")


@dataclass(frozen=True, slots=True)
class Cap:
    """At most so much for each period."""

    per: CapPeriod
    amount: int


@dataclass(frozen=True, slots=True)
class TimeBand:
    """Other lines for a part of the week, in the lot's local time; `ends` at or before `starts` is the next day."""

    weekdays: frozenset[int]
    starts: time
    ends: time
    lines: Sequence[RateLine]


@dataclass(frozen=True, slots=True)
class Tax:
    """The tax on the price, in basis points (770 is 7.7 %), inside or on top of the amounts."""

    rate_basis_points: int
    included: bool


@dataclass(frozen=True, slots=True)
class Tariff:
    """One version. A stay of at most `free_minutes` is free; any longer one pays from its start.

    The stay's length is rounded up to `rounding_minutes` before it is priced.
    """

    id: UUID
    currency: str
    tax: Tax
    rounding_minutes: int
    free_minutes: int
    lines: Sequence[RateLine]
    caps: Sequence[Cap] = ()
    time_bands: Sequence[TimeBand] = ()
