"""What a tariff costs at a glance: for display, and where an import turns lines into others."""

from collections.abc import Sequence

from parking_kernel.money import Money
from parking_kernel.rate_tables import AmountsDue, RateTable
from parking_kernel.tariffs import HOUR, RateLine, Tariff


def price_of(lines: Sequence[RateLine], minutes: int) -> int:
    """What a table of lines alone asks for so many minutes, in minor units: no bands, caps or free minutes."""
    return AmountsDue(RateTable(lines), minutes).total if minutes > 0 else 0


def hourly_rate(tariff: Tariff) -> Money:
    """What the first hour costs outside of the time bands, free minutes and caps aside."""
    return Money(price_of(tariff.lines, HOUR), tariff.currency)


def daily_rate(tariff: Tariff) -> Money | None:
    """The most that a day costs, where there is a cap: the lowest of them."""
    return Money(min(cap.amount for cap in tariff.caps), tariff.currency) if tariff.caps else None
