"""What a stay costs. Elapsed time is priced, so that a clock change neither adds nor takes an hour (decision 0006).

The stay is cut where the tariff's time bands begin and end, and each piece begins its table again. How often which
amount falls due in a piece is counted in closed form: a quote takes work that grows with days × bands + lines, however
short the increments and however often a table repeats. Caps limit the sum of what falls due in each of their periods.
The line items are the counts, so that a quote can be checked line by line.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from parking_kernel.band_weeks import Band, bands_held
from parking_kernel.local_days import DAY, MINUTE, LocalDay, local_days
from parking_kernel.money import Money, apportioned, rounded_quotient
from parking_kernel.periods import Period
from parking_kernel.rate_tables import AmountsDue, Charged, RateTable
from parking_kernel.tariffs import Cap, CapPeriod, Tariff, Tax

WHOLE = 1_000_000  # millionths
PERCENT = 10_000  # millionths


@dataclass(frozen=True, slots=True)
class LineItem:
    """One line of a quote. The amounts of all lines, the tax included, add up to the total.

    `kind` is `time`, `cap`, `minimum` (what a price is raised by, so that it can be charged) or `tax`.
    """

    label: str
    kind: str
    amount: int


@dataclass(frozen=True, slots=True)
class Price:
    """What a stay costs in all, the tax within it, and how that comes about.

    `begins_again` says that a time band begins or ends within the stay, and with it another table, at its minute 0.
    """

    total: Money
    tax: Money
    line_items: Sequence[LineItem]
    begins_again: bool = False


class _Piece(NamedTuple):
    """A part of the stay under one table, and what falls due in it."""

    starts: datetime
    ends: datetime
    due: AmountsDue


def price(tariff: Tariff, period: Period, zone: ZoneInfo) -> Price:
    """The price of a stay in a lot of that zone.

    Raises `ValueError` for an incrementing line without increments, which no tariff has that was checked.
    """
    minutes = -(-period.length // MINUTE)
    if minutes <= tariff.free_minutes:
        return _with_tax(tariff, [LineItem("Free of charge", "time", 0)])
    if tariff.rounding_minutes:
        minutes = -(-minutes // tariff.rounding_minutes) * tariff.rounding_minutes
    since = period.starts_at
    until = since + minutes * MINUTE
    by_date = any(cap.per is CapPeriod.CALENDAR_DAY for cap in tariff.caps)
    days = list(local_days(since, until, zone)) if by_date or tariff.time_bands else []
    pieces = _pieces(tariff, since, until, days)
    caps = [_reduction(cap, pieces, days) for cap in tariff.caps]
    of = _with_tax(tariff, [*_items(pieces), *_strictest(caps)])
    return replace(of, begins_again=True) if len(pieces) > 1 else of


def _pieces(tariff: Tariff, since: datetime, until: datetime, days: Sequence[LocalDay]) -> list[_Piece]:
    """The stay, cut where another band begins to hold. Pieces of one table and length share what falls due in them."""
    held = [*bands_held(tariff.time_bands, days)] if tariff.time_bands else [(since, None)]
    tables: dict[Band, RateTable] = {}
    known: dict[tuple[Band, int], AmountsDue] = {}
    pieces: list[_Piece] = []
    for (starts, band), (ends, _) in pairwise([*held, (until, None)]):
        minutes = -(-(ends - starts) // MINUTE)
        due = known.get((band, minutes))
        if due is None:
            if band not in tables:
                tables[band] = _table(tariff, band)
            due = known[band, minutes] = AmountsDue(tables[band], minutes)
        pieces.append(_Piece(starts, ends, due))
    return pieces


def _table(tariff: Tariff, band: Band) -> RateTable:
    if band is None:
        return RateTable(tariff.lines)
    its = tariff.time_bands[band]
    return RateTable(its.lines, f", {its.label}")


def _items(pieces: Iterable[_Piece]) -> list[LineItem]:
    alike: dict[AmountsDue, int] = {}
    for _, _, due in pieces:
        alike[due] = alike.get(due, 0) + 1
    counted: dict[Charged, int] = {}
    for due, number in alike.items():
        for charged, times in due.items.items():
            counted[charged] = counted.get(charged, 0) + times * number
    items = [LineItem(f"{times} × {label}", "time", times * amount) for (label, amount), times in counted.items()]
    return items or [LineItem("Free of charge", "time", 0)]


def _reduction(cap: Cap, pieces: Sequence[_Piece], days: Sequence[LocalDay]) -> LineItem:
    """What a cap takes off: in each of its periods, what falls due beyond it."""
    by_date = cap.per is CapPeriod.CALENDAR_DAY
    periods = [(day.starts, day.ordinal) for day in days] if by_date else _periods_of_24_hours(pieces)
    over = sum(max(0, due - cap.amount) for due in _due_by_period(periods, pieces).values())
    return LineItem("Daily cap" if by_date else "24 h cap", "cap", -over)


def _periods_of_24_hours(pieces: Sequence[_Piece]) -> list[tuple[datetime, int]]:
    since = pieces[0].starts
    count = -(-(pieces[-1].ends - since) // DAY)
    return [(since + number * DAY, number) for number in range(count)]


def _due_by_period(periods: Sequence[tuple[datetime, int]], pieces: Iterable[_Piece]) -> dict[int, int]:
    """What falls due in each period. They are given by when they start, as are pieces; one may come in two parts."""
    sums: dict[int, int] = {period: 0 for _, period in periods}
    following = iter(periods)
    (_, period), (border, next_period) = next(following), next(following, (None, 0))
    for piece in pieces:
        counted = 0
        while border is not None and border < piece.ends:
            due = piece.due.before(-(-(border - piece.starts) // MINUTE))
            sums[period] += due - counted
            counted, period = due, next_period
            border, next_period = next(following, (None, 0))
        sums[period] += piece.due.total - counted
    return sums


def _strictest(caps: Sequence[LineItem]) -> list[LineItem]:
    """Of several caps the one that takes most off counts; together they could take the same minute off twice."""
    return sorted((cap for cap in caps if cap.amount), key=lambda cap: cap.amount)[:1]


def _with_tax(tariff: Tariff, items: Sequence[LineItem]) -> Price:
    amount = sum(item.amount for item in items)
    rate = tariff.tax.ppm
    if tariff.tax.included:
        total, tax = amount, rounded_quotient(amount * rate, WHOLE + rate)
        nets = apportioned(amount - tax, [item.amount for item in items])
        items = [LineItem(item.label, item.kind, net) for item, net in zip(items, nets, strict=True)]
    else:
        tax = rounded_quotient(amount * rate, WHOLE)
        total = amount + tax
    lines = (*items, LineItem(_tax_label(tariff.tax), "tax", tax)) if rate else tuple(items)
    return Price(Money(total, tariff.currency), Money(tax, tariff.currency), lines)


def _tax_label(tax: Tax) -> str:
    return f"VAT {tax.ppm / PERCENT:g} %"
