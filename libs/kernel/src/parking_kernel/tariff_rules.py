"""What a tariff must not say, each as a sentence that names the field.

These rules hold when a tariff is published. One that is read or priced is not checked: it may be older than a rule.
"""

from collections.abc import Iterator, Sequence

from parking_kernel.currencies import CURRENCIES
from parking_kernel.tariffs import HOUR, Cap, CapPeriod, LineType, RateLine, Tariff, TimeBand
from parking_kernel.violations import Violation, refuse_any
from parking_kernel.wall_times import MINUTES_OF_DAY, minutes_of

MAX_AMOUNT = 10**9
MAX_LINES = 20
"""In each table: the lines outside of the time bands, and those of each band."""
MAX_TIME_BANDS = 14
MAX_FREE_MINUTES = MINUTES_OF_DAY
FULL_PPM = 1_000_000
SUNDAY = 7
MINUTES_OF_WEEK = SUNDAY * MINUTES_OF_DAY


def check_tariff(tariff: Tariff, pointer: str = "") -> Tariff:
    """The tariff, if it makes sense. Raises `InvalidFields`, which names each field below `pointer`."""
    refuse_any(_violations(tariff, pointer))
    return tariff


def _violations(tariff: Tariff, pointer: str) -> Iterator[Violation]:
    if tariff.currency not in CURRENCIES:
        yield Violation(f"{pointer}/currency", f"{tariff.currency!r} is no currency of ISO 4217")
    if not 0 <= tariff.tax.ppm <= FULL_PPM:
        yield Violation(f"{pointer}/tax/rate_percent", "must lie between 0 and 100")
    if not 0 <= tariff.free_minutes <= MAX_FREE_MINUTES:
        yield Violation(f"{pointer}/free_minutes", "must lie between 0 and 1440")
    if not 0 <= tariff.rounding_minutes <= HOUR:
        yield Violation(f"{pointer}/rounding_minutes", "must lie between 0 and 60")
    yield from _line_violations(tariff.lines, f"{pointer}/lines")
    yield from _cap_violations(tariff.caps, f"{pointer}/caps")
    for index, band in enumerate(tariff.time_bands):
        yield from _band_violations(band, f"{pointer}/time_bands/{index}")
    if len(tariff.time_bands) > MAX_TIME_BANDS:
        rule = f"must hold {MAX_TIME_BANDS} time bands at most, not {len(tariff.time_bands)}"
        yield Violation(f"{pointer}/time_bands", rule)
    else:
        yield from _overlaps(tariff.time_bands, f"{pointer}/time_bands")


def _line_violations(lines: Sequence[RateLine], pointer: str) -> Iterator[Violation]:
    if not lines:
        yield Violation(pointer, "must hold a line at least")
    if len(lines) > MAX_LINES:
        yield Violation(pointer, f"must hold {MAX_LINES} lines at most, not {len(lines)}")
    reached: int | None = 0
    sequence = -1
    for index, line in enumerate(lines):
        here = f"{pointer}/{index}"
        if line.sequence <= sequence:
            yield Violation(f"{here}/sequence", "must be higher than that of the line before")
        if reached is None:
            yield Violation(f"{here}/from_minutes", "can never be reached: the line before has no end")
        elif line.from_minutes != reached:
            yield Violation(f"{here}/from_minutes", f"must be {reached}, where the line before ends")
        if line.to_minutes is not None and line.to_minutes <= line.from_minutes:
            yield Violation(f"{here}/to_minutes", "must be later than from_minutes")
        yield from _amount_violations(line.amount, f"{here}/amount")
        yield from _increment_violations(line, here)
        sequence, reached = line.sequence, line.to_minutes


def _increment_violations(line: RateLine, pointer: str) -> Iterator[Violation]:
    increments = line.increment_minutes
    if line.type is LineType.INCREMENTING:
        if increments is None or increments <= 0:
            yield Violation(f"{pointer}/increment_minutes", "must be above 0 in an incrementing line")
    elif increments is not None:
        yield Violation(f"{pointer}/increment_minutes", f"has no meaning in a {line.type.value} line")


def _amount_violations(amount: int, pointer: str) -> Iterator[Violation]:
    if not 0 <= amount <= MAX_AMOUNT:
        yield Violation(pointer, f"must lie between 0 and {MAX_AMOUNT} minor units")


def _cap_violations(caps: Sequence[Cap], pointer: str) -> Iterator[Violation]:
    periods: set[CapPeriod] = set()
    for index, cap in enumerate(caps):
        yield from _amount_violations(cap.amount, f"{pointer}/{index}/amount")
        if cap.per in periods:
            yield Violation(f"{pointer}/{index}/per", f"{cap.per.value} stands there twice")
        periods.add(cap.per)


def _band_violations(band: TimeBand, pointer: str) -> Iterator[Violation]:
    if not band.weekdays or len(set(band.weekdays)) < len(band.weekdays):
        yield Violation(f"{pointer}/weekdays", "must name each of its weekdays once")
    if any(not 1 <= weekday <= SUNDAY for weekday in band.weekdays):
        yield Violation(f"{pointer}/weekdays", "must be numbers from 1 (Monday) to 7 (Sunday)")
    starts, ends = minutes_of(band.starts), minutes_of(band.ends)
    if starts is None or starts == MINUTES_OF_DAY:
        yield Violation(f"{pointer}/from", "must be a time of day, such as 18:00")
    if ends is None:
        yield Violation(f"{pointer}/to", "must be a time of day, such as 06:00, or 24:00")
    if starts is not None and starts == ends:
        yield Violation(f"{pointer}/to", "must differ from `from`; a whole day is 00:00 to 24:00")
    yield from _line_violations(band.lines, f"{pointer}/lines")


def _overlaps(bands: Sequence[TimeBand], pointer: str) -> Iterator[Violation]:
    taken: set[int] = set()
    for index, band in enumerate(bands):
        minutes = frozenset(minutes_of_week(band))
        if not taken.isdisjoint(minutes):
            yield Violation(f"{pointer}/{index}", "overlaps a time band before it")
        taken |= minutes


def minutes_of_week(band: TimeBand) -> Iterator[int]:
    """When a band holds, in minutes from the Monday's midnight on."""
    starts, ends = minutes_of(band.starts), minutes_of(band.ends)
    if starts is None or ends is None:
        return
    length = (ends - starts) % MINUTES_OF_DAY or MINUTES_OF_DAY
    for weekday in set(band.weekdays):
        first = (weekday - 1) * MINUTES_OF_DAY + starts
        yield from (minute % MINUTES_OF_WEEK for minute in range(first, first + length))
