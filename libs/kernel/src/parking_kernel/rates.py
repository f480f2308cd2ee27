"""What of a tariff is shown beside a lot's name."""

from collections.abc import Sequence

from parking_kernel.money import Money
from parking_kernel.tariffs import HOUR, LineType, RateLine, Tariff


def hourly_rate(tariff: Tariff) -> Money:
    """What the first hour costs outside of the time bands, free minutes aside."""
    return Money(price_of(tariff.lines, HOUR), tariff.currency)


def daily_rate(tariff: Tariff) -> Money | None:
    """The most that a day costs, where there is a cap."""
    return Money(min(cap.amount for cap in tariff.caps), tariff.currency) if tariff.caps else None


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
