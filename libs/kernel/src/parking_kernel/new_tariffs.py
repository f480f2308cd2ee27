"""What a new tariff must not say, beside `tariff_rules`: prices that cannot be charged, and those that are not meant.

These rules hold when somebody publishes a tariff, and never when one is read or priced: it may be older than they are.
"""

from collections.abc import Collection, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from parking_kernel.currencies import CURRENCIES, Currency
from parking_kernel.money import Money, rounded_quotient
from parking_kernel.pricing import WHOLE
from parking_kernel.rate_tables import AmountsDue, RateTable
from parking_kernel.rates import price_of
from parking_kernel.tariff_rules import check_tariff
from parking_kernel.tariffs import HOUR, RateLine, Tariff, TimeBand
from parking_kernel.tried_stays import MAIN, Tried, TriedStays
from parking_kernel.violations import Violation, refuse_any
from parking_kernel.wall_times import MINUTES_OF_DAY, minutes_of


class Confirmation(StrEnum):
    """What looks like a mistake, and is published where it is confirmed to be meant."""

    PRICE_FALLS = "price_falls"
    CAP_OF_ZERO = "cap_of_zero"
    DAILY_BELOW_HOURLY = "daily_below_hourly"


class _Table(NamedTuple):
    """Lines, where they stand, how long a stay under them can be (none where there is no end), and when they hold."""

    lines: Sequence[RateLine]
    pointer: str
    longest: int | None
    hours: str


class _ShortStay(NamedTuple):
    """What it costs, how long it is, when it begins if that matters, and the line that makes the price."""

    cost: int
    minutes: int
    begins: str
    line: str


def check_new_tariff(
    tariff: Tariff, pointer: str = "", *, confirmed: Collection[Confirmation] = (), can_confirm: bool = True
) -> Tariff:
    """The tariff, if it makes sense, can be charged, and is meant. Raises `InvalidFields`."""
    check_tariff(tariff, pointer)
    found = _violations(tariff, pointer, confirmed)
    refuse_any(found if can_confirm else map(_without_confirming, found))
    return tariff


def _violations(tariff: Tariff, pointer: str, confirmed: Collection[Confirmation]) -> Iterator[Violation]:
    tables = list(_tables(tariff, pointer))
    currency = CURRENCIES[tariff.currency]
    if not currency.supported:
        if any(line.amount for table in tables for line in table.lines):
            rule = f"no payments can be made in {tariff.currency}: the payment provider does not charge in it"
            yield Violation(f"{pointer}/currency", rule)
        return
    yield from _too_large(tariff, tables, currency)
    if tariff.minimum is None:
        yield from _fractions(tariff, tables, currency, pointer)
        yield from _too_small(tariff, tables, currency, pointer)
    for index, cap in enumerate(tariff.caps):
        yield from _cap_not_meant(tariff, tables, cap.amount, f"{pointer}/caps/{index}/amount", confirmed)
    if Confirmation.PRICE_FALLS not in confirmed:
        yield from _falls(tariff, tables)


def _tables(tariff: Tariff, pointer: str) -> Iterator[_Table]:
    yield _Table(tariff.lines, f"{pointer}/lines", None, "")
    for index, band in enumerate(tariff.time_bands):
        yield _Table(band.lines, f"{pointer}/time_bands/{index}/lines", _length(band), f" ({band.label})")


def _length(band: TimeBand) -> int:
    starts, ends = minutes_of(band.starts), minutes_of(band.ends)
    assert starts is not None, "the tariff was checked"
    assert ends is not None, "the tariff was checked"
    return (ends - starts) % MINUTES_OF_DAY or MINUTES_OF_DAY


def _too_large(tariff: Tariff, tables: Sequence[_Table], currency: Currency) -> Iterator[Violation]:
    for table in tables:
        for index, line in enumerate(table.lines):
            if _with_tax(tariff, line.amount) > currency.largest:
                most = Money(currency.largest, currency.code)
                rule = f"must not make more than {most}, the largest charge that the payment provider takes"
                yield Violation(f"{table.pointer}/{index}/amount", rule)


def _fractions(tariff: Tariff, tables: Sequence[_Table], currency: Currency, pointer: str) -> Iterator[Violation]:
    """Amounts whose last digits the provider cannot charge. Sums of those that it can are right too."""
    rule = f"must make a multiple of {Money(currency.step, currency.code)}, which can be paid{_OR_A_RULE}"
    amounts = [
        *((line.amount, f"{table.pointer}/{at}/amount") for table in tables for at, line in enumerate(table.lines)),
        *((cap.amount, f"{pointer}/caps/{at}/amount") for at, cap in enumerate(tariff.caps)),
    ]
    rate = 0 if tariff.tax.included else tariff.tax.ppm
    for amount, where in amounts:
        if amount * (WHOLE + rate) % (currency.step * WHOLE) and currency.step > 1:
            yield Violation(where, rule)


def _too_small(tariff: Tariff, tables: Sequence[_Table], currency: Currency, pointer: str) -> Iterator[Violation]:
    least = Money(currency.least, currency.code)
    named: set[str] = set()
    for cost, minutes, begins, line in (*_within_tables(tariff, tables), *_across_tables(tariff, tables)):
        table = line.rpartition("/")[0]
        if 0 < cost < currency.least and table not in named:
            named.add(table)
            makes = f"makes {minutes} min{begins} cost {Money(cost, currency.code)}"
            yield Violation(f"{line}/amount", f"{makes}, less than {least}, the least charge{_OR_A_RULE}")
    for index, cap in enumerate(tariff.caps):
        if 0 < _with_tax(tariff, cap.amount) < currency.least:
            yield Violation(f"{pointer}/caps/{index}/amount", f"is less than {least}, the least charge{_OR_A_RULE}")


def _within_tables(tariff: Tariff, tables: Sequence[_Table]) -> Iterator[_ShortStay]:
    """What the shortest stays under one table alone cost, caps aside."""
    for table in tables:
        for index, minutes in enumerate(_shortest_stays(tariff, table)):
            if minutes <= (table.longest or minutes):
                cost = _with_tax(tariff, _due(table.lines, minutes))
                yield _ShortStay(cost, minutes, "", f"{table.pointer}/{index}")


def _across_tables(tariff: Tariff, tables: Sequence[_Table]) -> Iterator[_ShortStay]:
    for tried in TriedStays(tariff).across_bands():
        where = f"{tables[tried.table - MAIN].pointer}/{tried.line}"
        yield _ShortStay(tried.cost, tried.minutes, f" from {tried.begins}", where)


_OR_A_RULE = "; or name `minimum`: `raise`, and such a price is raised to the next that can be charged"


def _shortest_stays(tariff: Tariff, table: _Table) -> Iterator[int]:
    """For each line the shortest stay that reaches into it and is not free, as it is priced: the cheapest there."""
    step = tariff.rounding_minutes or 1
    for line in table.lines:
        beyond = max(line.from_minutes, tariff.free_minutes)
        yield (beyond // step + 1) * step


def _cap_not_meant(
    tariff: Tariff, tables: Sequence[_Table], cap: int, pointer: str, confirmed: Collection[Confirmation]
) -> Iterator[Violation]:
    hourly, hours = max((price_of(each.lines, min(HOUR, each.longest or HOUR)), each.hours) for each in tables)
    if not cap and Confirmation.CAP_OF_ZERO not in confirmed:
        yield Violation(pointer, f"is 0, which makes every stay free of charge{_unless(Confirmation.CAP_OF_ZERO)}")
    elif 0 < cap < hourly and Confirmation.DAILY_BELOW_HOURLY not in confirmed:
        amounts = f"{Money(cap, tariff.currency)}, less than the {Money(hourly, tariff.currency)}"
        yield Violation(pointer, f"is {amounts} of the first hour{hours}{_unless(Confirmation.DAILY_BELOW_HOURLY)}")


def _falls(tariff: Tariff, tables: Sequence[_Table]) -> Iterator[Violation]:
    for shorter, longer in TriedStays(tariff).that_fall():
        begins = f" from {shorter.begins}" if tariff.time_bands or tariff.caps else ""
        costs = f"{_said(tariff, shorter, begins)}, {_said(tariff, longer)}"
        rule = f"makes the price fall as the stay grows: {costs}{_unless(Confirmation.PRICE_FALLS)}"
        yield Violation(f"{tables[longer.table - MAIN].pointer}/{longer.line}", rule)


def _said(tariff: Tariff, tried: Tried, begins: str | None = None) -> str:
    cost = Money(tried.cost, tariff.currency)
    return f"{tried.minutes} min {cost}" if begins is None else f"{tried.minutes} min{begins} cost {cost}"


def _without_confirming(violation: Violation) -> Violation:
    """The same, and what else to do."""
    rule, _, confirmation = violation.rule.partition(_IF_MEANT)
    return violation._replace(rule=f"{rule}{_IF_MEANT}{_PUBLISH_IT}") if confirmation else violation


_IF_MEANT = "; if that is meant, "
_PUBLISH_IT = "import the lots without prices and publish their tariff, which takes `confirm`"


def _unless(confirmation: Confirmation) -> str:
    return f"{_IF_MEANT}send `confirm`: [`{confirmation}`]"


def _due(lines: Sequence[RateLine], minutes: int) -> int:
    return AmountsDue(RateTable(lines), minutes).total


def _with_tax(tariff: Tariff, amount: int) -> int:
    return amount if tariff.tax.included else amount + rounded_quotient(amount * tariff.tax.ppm, WHOLE)
