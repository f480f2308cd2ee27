"""Tariffs: the prices of a lot as immutable, numbered versions (APDS RateTable and RateLine).

A line prices a stretch of elapsed minutes: `incrementing` costs its amount for each increment begun, `flat` its amount
once, and `flat_tier` is the price of the whole stay when it ends there. A table that ends begins again at its end.
`lines` hold outside of the time bands.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from parking_service.domain.values import Money

HOUR = 60


class LineType(StrEnum):
    """How a line counts."""

    INCREMENTING = "incrementing"
    FLAT = "flat"
    FLAT_TIER = "flat_tier"


class CapPeriod(StrEnum):
    """What a cap limits the price of: a date in the lot's zone, or 24 hours from the start of the stay."""

    CALENDAR_DAY = "calendar_day"
    TWENTY_FOUR_HOURS = "24h"


@dataclass(frozen=True, slots=True)
class RateLine:
    """A price in minor units for a stretch of elapsed minutes; no `to_minutes` means without end."""

    sequence: int
    type: LineType
    from_minutes: int
    to_minutes: int | None
    increment_minutes: int | None
    amount: int


@dataclass(frozen=True, slots=True)
class Cap:
    """The most that a period costs."""

    per: CapPeriod
    amount: int


@dataclass(frozen=True, slots=True)
class TimeBand:
    """Lines that hold on some weekdays (1 is Monday) from one local time to another; past midnight where not later."""

    weekdays: tuple[int, ...]
    starts: str
    ends: str
    lines: tuple[RateLine, ...]


@dataclass(frozen=True, slots=True)
class Tax:
    """The tax on the price, in hundredths of a percent, and whether the amounts include it."""

    rate_basis_points: int
    included: bool


NO_TAX = Tax(0, included=True)


@dataclass(frozen=True, slots=True)
class TariffTerms:
    """What a tariff says. See `tariff_rules` for what is refused."""

    currency: str
    lines: tuple[RateLine, ...]
    tax: Tax = NO_TAX
    rounding_minutes: int = 0
    free_minutes: int = 0
    caps: tuple[Cap, ...] = ()
    time_bands: tuple[TimeBand, ...] = ()

    @property
    def hourly_rate(self) -> Money:
        """What the first hour costs outside of the time bands, free minutes aside; for display."""
        return Money(price_of(self.lines, HOUR), self.currency)

    @property
    def daily_rate(self) -> Money | None:
        """The most that a day costs, where there is a cap; for display."""
        return Money(min(cap.amount for cap in self.caps), self.currency) if self.caps else None


def price_of(lines: Sequence[RateLine], minutes: int) -> int:
    """What the lines alone ask for a stay within their table, in minor units."""
    total = 0
    for line in lines:
        if minutes <= line.from_minutes:
            break
        end = minutes if line.to_minutes is None else min(minutes, line.to_minutes)
        match line.type:
            case LineType.INCREMENTING:
                total += line.amount * -(-(end - line.from_minutes) // (line.increment_minutes or 1))
            case LineType.FLAT:
                total += line.amount
            case LineType.FLAT_TIER:
                total = line.amount
    return total


def simple_terms(hourly: int, daily: int | None, currency: str) -> TariffTerms:
    """A price for each hour begun, and where given the most that 24 hours cost; amounts in minor units."""
    caps = (Cap(CapPeriod.TWENTY_FOUR_HOURS, daily),) if daily is not None else ()
    return TariffTerms(currency, (RateLine(1, LineType.INCREMENTING, 0, None, HOUR, hourly),), caps=caps)


@dataclass(frozen=True, slots=True)
class TariffState:
    """One version of the prices of a lot, or, without a lot, of an organization's default."""

    id: UUID
    organization_id: UUID
    parking_lot_id: UUID | None
    number: int
    terms: TariffTerms
    published_at: datetime


@dataclass(frozen=True, slots=True)
class TariffPublished:
    """A version is in force."""

    tariff: TariffState


@dataclass(slots=True)
class Tariff:
    """The aggregate: it is published, and never changes."""

    state: TariffState
    events: list[TariffPublished] = field(default_factory=list[TariffPublished])

    @classmethod
    def publish(cls, state: TariffState) -> "Tariff":
        """A new version."""
        return cls(state, [TariffPublished(state)])


def in_currency(terms: TariffTerms, currency: str) -> TariffTerms:
    """The same numbers in another currency: how a default becomes the tariff of a lot elsewhere."""
    return replace(terms, currency=currency)


def plain_terms(terms: TariffTerms) -> dict[str, Any]:
    """The form in which clients write and tables hold them."""
    return {
        "currency": terms.currency,
        "tax": {"rate_percent": terms.tax.rate_basis_points / 100, "included": terms.tax.included},
        "rounding_minutes": terms.rounding_minutes,
        "free_minutes": terms.free_minutes,
        "lines": _plain_lines(terms.lines),
        "caps": [{"per": cap.per.value, "amount": cap.amount} for cap in terms.caps],
        "time_bands": [
            {
                "weekdays": list(band.weekdays),
                "from": band.starts,
                "to": band.ends,
                "lines": _plain_lines(band.lines),
            }
            for band in terms.time_bands
        ],
    }


def terms_of(plain: Mapping[str, Any]) -> TariffTerms:
    """Terms from the form that `plain_terms` makes; they are not checked."""
    return TariffTerms(
        currency=plain["currency"],
        tax=Tax(round(plain["tax"]["rate_percent"] * 100), plain["tax"]["included"]),
        rounding_minutes=plain["rounding_minutes"],
        free_minutes=plain["free_minutes"],
        lines=_lines_of(plain["lines"]),
        caps=tuple(Cap(CapPeriod(cap["per"]), cap["amount"]) for cap in plain["caps"]),
        time_bands=tuple(
            TimeBand(tuple(sorted(band["weekdays"])), band["from"], band["to"], _lines_of(band["lines"]))
            for band in plain["time_bands"]
        ),
    )


def _plain_lines(lines: Sequence[RateLine]) -> list[dict[str, Any]]:
    return [
        {
            "sequence": line.sequence,
            "type": line.type.value,
            "from_minutes": line.from_minutes,
            "to_minutes": line.to_minutes,
            "increment_minutes": line.increment_minutes,
            "amount": line.amount,
        }
        for line in lines
    ]


def _lines_of(lines: Sequence[Mapping[str, Any]]) -> tuple[RateLine, ...]:
    return tuple(
        RateLine(
            sequence=line["sequence"],
            type=LineType(line["type"]),
            from_minutes=line["from_minutes"],
            to_minutes=line["to_minutes"],
            increment_minutes=line["increment_minutes"],
            amount=line["amount"],
        )
        for line in lines
    )
