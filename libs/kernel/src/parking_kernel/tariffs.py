"""Tariffs: the prices of a lot as one version that never changes (`parking.tariff.v1`; APDS RateTable and RateLine).

`lines` hold outside of the time bands. A table whose last line ends begins again at its end. A stay of at most
`free_minutes` is free; any longer one pays from its start. Its length is rounded up to `rounding_minutes` before it is
priced.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

HOUR = 60
PPM_OF_BASIS_POINT = 100
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class LineType(StrEnum):
    """How a rate line counts.

    `incrementing`: each started increment within its stretch of elapsed time costs the amount.
    `flat`: reaching into the stretch costs the amount once.
    `flat_tier`: a stay that ends within the stretch costs the amount in all, whatever lines lie before it.
    """

    INCREMENTING = "incrementing"
    FLAT = "flat"
    FLAT_TIER = "flat_tier"


class CapPeriod(StrEnum):
    """What a cap limits the price of: a date in the lot's zone, or each 24 hours from the start of the stay."""

    CALENDAR_DAY = "calendar_day"
    TWENTY_FOUR_HOURS = "24h"


@dataclass(frozen=True, slots=True)
class RateLine:
    """A price in minor units for elapsed minutes `[from_minutes, to_minutes)`; no `to_minutes` means without end."""

    sequence: int
    type: LineType
    from_minutes: int
    to_minutes: int | None
    increment_minutes: int | None
    amount: int


@dataclass(frozen=True, slots=True)
class Cap:
    """The most that a period costs, in minor units."""

    per: CapPeriod
    amount: int


@dataclass(frozen=True, slots=True)
class TimeBand:
    """Lines that hold on some weekdays (1 is Monday) between two local times, `HH:MM`.

    One that does not end later than it starts goes on past midnight, and belongs to the day on which it begins.
    """

    weekdays: tuple[int, ...]
    starts: str
    ends: str
    lines: tuple[RateLine, ...]

    @property
    def label(self) -> str:
        """When it holds, as lines of a quote say it: `Mon to Fri, 18:00 to 06:00`, and without days on all of them."""
        return f"{_days_label(self.weekdays)}{self.starts} to {self.ends}"


@dataclass(frozen=True, slots=True)
class Tax:
    """The tax on the price in basis points (770 is 7.7 %), and whether the amounts include it or it comes on top.

    A rate that basis points do not hold (18.375 %) is in `rate_ppm`, and they are the nearest to it.
    """

    rate_basis_points: int
    included: bool
    rate_ppm: int | None = None

    @property
    def ppm(self) -> int:
        """The exact rate in millionths: 183 750 is 18.375 %."""
        return self.rate_basis_points * PPM_OF_BASIS_POINT if self.rate_ppm is None else self.rate_ppm


def tax_of(rate_ppm: int, *, included: bool) -> Tax:
    """A tax by its exact rate in millionths."""
    basis_points, rest = divmod(rate_ppm, PPM_OF_BASIS_POINT)
    if not rest:
        return Tax(basis_points, included)
    return Tax((rate_ppm + PPM_OF_BASIS_POINT // 2) // PPM_OF_BASIS_POINT, included, rate_ppm)


class MinimumRule(StrEnum):
    """What becomes of a price that the payment provider cannot take: below its least charge, or with a fraction.

    `raise`: it is raised to the next amount that can be charged, in a line of its own. So is the price of a tariff that
    names no rule: of an older one, since a new one that needs a rule names it.
    """

    RAISE = "raise"


NO_TAX = Tax(0, included=True)


@dataclass(frozen=True, slots=True)
class Tariff:
    """What one version says. See `tariff_rules` for what is refused, `pricing` for what a stay costs."""

    currency: str
    lines: tuple[RateLine, ...]
    tax: Tax = NO_TAX
    rounding_minutes: int = 0
    free_minutes: int = 0
    caps: tuple[Cap, ...] = ()
    time_bands: tuple[TimeBand, ...] = ()
    minimum: MinimumRule | None = None

    def plain(self) -> dict[str, Any]:
        """The form of `parking.tariff.v1`, which tables hold as well; `tariff_of` reads it."""
        return asdict(self)


def simple_tariff(
    hourly: int, daily: int | None, currency: str, *, tax: Tax = NO_TAX, minimum: MinimumRule | None = None
) -> Tariff:
    """A price for each hour begun, and where given the most that 24 hours cost; amounts in minor units."""
    caps = (Cap(CapPeriod.TWENTY_FOUR_HOURS, daily),) if daily is not None else ()
    line = RateLine(1, LineType.INCREMENTING, 0, None, HOUR, hourly)
    return Tariff(currency, (line,), tax, caps=caps, minimum=minimum)


def tariff_of(plain: Mapping[str, Any]) -> Tariff:
    """A tariff from the form that `Tariff.plain` makes; other keys do not count. It is not checked."""
    return Tariff(
        currency=plain["currency"],
        lines=_lines_of(plain["lines"]),
        tax=_tax_of(plain["tax"]),
        rounding_minutes=plain["rounding_minutes"],
        free_minutes=plain["free_minutes"],
        caps=tuple(Cap(CapPeriod(cap["per"]), cap["amount"]) for cap in plain["caps"]),
        time_bands=tuple(
            TimeBand(tuple(sorted(band["weekdays"])), band["starts"], band["ends"], _lines_of(band["lines"]))
            for band in plain["time_bands"]
        ),
        minimum=MinimumRule.RAISE if plain.get("minimum") else None,
    )


def _tax_of(plain: Mapping[str, Any]) -> Tax:
    ppm = plain.get("rate_ppm")
    if ppm is None:
        return Tax(plain["rate_basis_points"], plain["included"])
    return tax_of(ppm, included=plain["included"])


def _days_label(weekdays: Sequence[int]) -> str:
    first, last = min(weekdays, default=1), max(weekdays, default=len(_DAYS))
    if len(weekdays) == len(_DAYS) or not weekdays:
        return ""
    if last > first and last - first + 1 == len(weekdays):
        return f"{_DAYS[first - 1]} to {_DAYS[last - 1]}, "
    return "".join(f"{_DAYS[weekday - 1]}, " for weekday in sorted(weekdays))


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
        for line in sorted(lines, key=lambda each: each["sequence"])
    )
