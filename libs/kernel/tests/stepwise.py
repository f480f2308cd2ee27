"""The stepwise pricer: the reference for what `parking_kernel.pricing` counts in closed form.

It is what reservation charged by before there was a kernel: each increment is a step, an instant with an amount that
falls due then. One thing is fixed in it: a tier is the whole price of its round, whatever lines lie before it. It has
its own rounding too, with fractions, so that it shares nothing with the kernel but the values.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from parking_kernel.money import Money
from parking_kernel.periods import Period
from parking_kernel.pricing import LineItem, Price
from parking_kernel.tariffs import Cap, CapPeriod, LineType, RateLine, Tariff, Tax, TimeBand
from parking_kernel.wall_times import MINUTES_OF_DAY, first_instant, last_instant, minutes_of

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
WHOLE = 10_000  # basis points


@dataclass(frozen=True, slots=True)
class Step:
    at: datetime
    amount: int
    label: str


def price(tariff: Tariff, period: Period, zone: ZoneInfo) -> Price:
    minutes = -(-period.length // MINUTE)
    if minutes <= tariff.free_minutes:
        return _with_tax(tariff, [LineItem("Free of charge", "time", 0)])
    if tariff.rounding_minutes:
        minutes = -(-minutes // tariff.rounding_minutes) * tariff.rounding_minutes
    stay = Period(period.starts_at, period.starts_at + minutes * MINUTE)
    pieces = [*_pieces(tariff, stay, zone)]
    steps = [
        replace(step, label=f"{step.label}, {band.label}" if band else step.label)
        for piece, band in pieces
        for step in _steps(band.lines if band else tariff.lines, piece)
    ]
    items = [*_items(steps), *(item for cap in tariff.caps if (item := _reduction(cap, steps, stay, zone)))]
    of = _with_tax(tariff, _within_strictest_cap(items))
    return replace(of, begins_again=len(pieces) > 1)


def _pieces(tariff: Tariff, stay: Period, zone: ZoneInfo) -> Iterator[tuple[Period, TimeBand | None]]:
    """The stay, cut at the borders of bands; neighbours in the same band stay whole."""
    start, band = stay.starts_at, _band_at(tariff, stay.starts_at, zone)
    for border in sorted(_borders(tariff.time_bands, stay, zone)):
        following = _band_at(tariff, border, zone)
        if following is not band:
            yield Period(start, border), band
            start, band = border, following
    yield Period(start, stay.ends_at), band


def _borders(bands: Sequence[TimeBand], stay: Period, zone: ZoneInfo) -> set[datetime]:
    """Every instant at which another band may hold: where the clock shows a border, and where it is changed."""
    clocks = {_minute(clock) for band in bands for clock in (band.starts, band.ends)}
    borders: set[datetime] = set()
    day = stay.starts_at.astimezone(zone).date() - DAY
    while clocks and day <= stay.ends_at.astimezone(zone).date():
        # A time that the clock shows twice is a border twice; one that it leaves out does no harm here.
        borders |= {found(day, clock, zone) for clock in clocks for found in (first_instant, last_instant)}
        borders |= _clock_change(day, zone)
        day += DAY
    return {at for at in borders if stay.starts_at < at < stay.ends_at}


def _minute(clock: str) -> int:
    minutes = minutes_of(clock)
    assert minutes is not None
    return minutes % MINUTES_OF_DAY


def _clock_change(day: date, zone: ZoneInfo) -> set[datetime]:
    """The instant within a day at which its zone's offset changes, if it does, to the minute."""
    before, after = first_instant(day, 0, zone), first_instant(day + DAY, 0, zone)
    offset = before.astimezone(zone).utcoffset()
    if after.astimezone(zone).utcoffset() == offset:
        return set()
    while after - before > MINUTE:
        middle = before + (after - before) // MINUTE // 2 * MINUTE
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return {after}


def _band_at(tariff: Tariff, at: datetime, zone: ZoneInfo) -> TimeBand | None:
    local = at.astimezone(zone)
    return next((band for band in tariff.time_bands if _holds(band, local)), None)


def _holds(band: TimeBand, local: datetime) -> bool:
    """Whether a band holds at a local time; one over midnight belongs to the day on which it begins."""
    today, yesterday = local.isoweekday(), (local - DAY).isoweekday()
    clock = local.hour * 60 + local.minute
    starts, ends = _minute(band.starts), _minute(band.ends)
    if starts < ends:
        return today in band.weekdays and starts <= clock < ends
    return (today in band.weekdays and clock >= starts) or (yesterday in band.weekdays and clock < ends)


def _steps(lines: Sequence[RateLine], piece: Period) -> Iterator[Step]:
    """What falls due in a piece. A table whose last line ends begins again at its end."""
    start, minutes = piece.starts_at, -(-piece.length // MINUTE)
    end = max((line.to_minutes or 0 for line in lines), default=0) if _is_closed(lines) else 0
    while 0 < end < minutes:
        yield from _round(lines, start, end)
        start, minutes = start + end * MINUTE, minutes - end
    yield from _round(lines, start, minutes)


def _is_closed(lines: Sequence[RateLine]) -> bool:
    return bool(lines) and all(line.to_minutes is not None for line in lines)


def _round(lines: Sequence[RateLine], start: datetime, minutes: int) -> Iterator[Step]:
    begun = [line for line in lines if line.from_minutes < minutes]
    for line in begun:
        if line.type is LineType.FLAT_TIER and (line.to_minutes is None or minutes <= line.to_minutes):
            yield Step(start, line.amount, "Flat rate")
            return
    for line in begun:
        if line.type is LineType.INCREMENTING:
            yield from _increments(line, start, minutes)
        elif line.type is LineType.FLAT:
            yield Step(start + line.from_minutes * MINUTE, line.amount, "Flat rate")


def _increments(line: RateLine, start: datetime, minutes: int) -> Iterator[Step]:
    length = line.increment_minutes
    assert length
    until = minutes if line.to_minutes is None else min(minutes, line.to_minutes)
    for elapsed in range(line.from_minutes, until, length):
        yield Step(start + elapsed * MINUTE, line.amount, f"{length} min")


def _items(steps: Sequence[Step]) -> list[LineItem]:
    counted = Counter((step.label, step.amount) for step in steps if step.amount)
    items = [LineItem(f"{count} × {label}", "time", count * amount) for (label, amount), count in counted.items()]
    return items or [LineItem("Free of charge", "time", 0)]


def _reduction(cap: Cap, steps: Sequence[Step], stay: Period, zone: ZoneInfo) -> LineItem | None:
    sums: Counter[int | date] = Counter()
    for step in steps:
        sums[_cap_period(cap, step.at, stay, zone)] += step.amount
    over = sum(max(0, amount - cap.amount) for amount in sums.values())
    return LineItem("Daily cap" if cap.per is CapPeriod.CALENDAR_DAY else "24 h cap", "cap", -over) if over else None


def _cap_period(cap: Cap, at: datetime, stay: Period, zone: ZoneInfo) -> int | date:
    return at.astimezone(zone).date() if cap.per is CapPeriod.CALENDAR_DAY else (at - stay.starts_at) // DAY


def _within_strictest_cap(items: Sequence[LineItem]) -> list[LineItem]:
    caps = sorted((item for item in items if item.kind == "cap"), key=lambda item: item.amount)
    return [item for item in items if item.kind != "cap"] + caps[:1]


def _with_tax(tariff: Tariff, items: Sequence[LineItem]) -> Price:
    amount = sum(item.amount for item in items)
    rate = Fraction(tariff.tax.ppm, 100)
    if tariff.tax.included:
        tax = _rounded(Fraction(amount * rate, WHOLE + rate))
        nets = _apportioned(amount - tax, [item.amount for item in items])
        items = [LineItem(item.label, item.kind, net) for item, net in zip(items, nets, strict=True)]
        total = amount
    else:
        tax = _rounded(Fraction(amount * rate, WHOLE))
        total = amount + tax
    lines = (*items, LineItem(_tax_label(tariff.tax), "tax", tax)) if rate else tuple(items)
    return Price(Money(total, tariff.currency), Money(tax, tariff.currency), lines)


def _tax_label(tax: Tax) -> str:
    percent = Fraction(tax.ppm, 10_000)
    text = str(percent.numerator) if percent.denominator == 1 else f"{float(percent):g}"
    return f"VAT {text} %"


def _rounded(value: Fraction) -> int:
    return int((value + Fraction(1, 2)) // 1)


def _apportioned(total: int, weights: Sequence[int]) -> list[int]:
    whole = sum(weights)
    if whole == 0:
        return [0 for _ in weights]
    exact = [Fraction(total * weight, whole) for weight in weights]
    parts = [value.__floor__() for value in exact]
    by_remainder = sorted(range(len(weights)), key=lambda i: exact[i] - parts[i], reverse=True)
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts
