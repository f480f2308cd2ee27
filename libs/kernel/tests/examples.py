"""Tariffs and stays as most tests write them. Amounts are in cents; it is Zurich's clock, on a Monday at eight."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from parking_kernel.periods import Period
from parking_kernel.pricing import Price, price
from parking_kernel.tariffs import NO_TAX, Cap, LineType, RateLine, Tariff, Tax, TimeBand

ZURICH = ZoneInfo("Europe/Zurich")
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
MONDAY_8 = datetime(2026, 3, 2, 8, tzinfo=ZURICH)


def incrementing(amount: int, every: int = 60, start: int = 0, end: int | None = None) -> RateLine:
    return RateLine(1, LineType.INCREMENTING, start, end, every, amount)


def flat(amount: int, start: int = 0, end: int | None = None) -> RateLine:
    return RateLine(1, LineType.FLAT, start, end, None, amount)


def tier(amount: int, start: int, end: int | None) -> RateLine:
    return RateLine(1, LineType.FLAT_TIER, start, end, None, amount)


def tariff(
    *lines: RateLine,
    tax: Tax = NO_TAX,
    rounding: int = 0,
    free: int = 0,
    caps: Sequence[Cap] = (),
    bands: Sequence[TimeBand] = (),
) -> Tariff:
    return Tariff("CHF", lines, tax, rounding, free, tuple(caps), tuple(bands))


def stay(minutes: float, start: datetime = MONDAY_8) -> Period:
    return Period(start, start.astimezone(UTC) + timedelta(minutes=minutes))


def cost(of: Tariff, minutes: float, start: datetime = MONDAY_8) -> int:
    return price(of, stay(minutes, start), ZURICH).total.amount


def lines(of: Price) -> list[tuple[str, str, int]]:
    return [(item.label, item.kind, item.amount) for item in of.line_items]
