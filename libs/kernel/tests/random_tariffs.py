"""Any tariff and any stay, for properties: what rules allow, and what was stored before there were rules."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from parking_kernel.periods import Period
from parking_kernel.tariffs import Cap, CapPeriod, LineType, RateLine, Tariff, Tax, TimeBand
from parking_kernel.wall_times import text_of

# Half an hour's change, changes at midnight and a minute after, dates that have no midnight or two.
ZONES = [
    "Europe/Zurich",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Asia/Beirut",
    "Africa/Cairo",
    "America/Havana",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Atlantic/Azores",
    "UTC",
]
CHANGES = [
    datetime(2010, 3, 14, 3, 31, tzinfo=UTC),  # St John's, one minute after midnight
    datetime(2010, 11, 7, 2, 31, tzinfo=UTC),  # and back
    datetime(2018, 11, 4, 3, tzinfo=UTC),  # São Paulo has no midnight
    datetime(2026, 3, 8, 5, tzinfo=UTC),  # Havana
    datetime(2026, 3, 8, 7, tzinfo=UTC),  # New York
    datetime(2026, 3, 28, 22, tzinfo=UTC),  # Beirut
    datetime(2026, 3, 29, 1, tzinfo=UTC),  # Zurich, the Azores
    datetime(2026, 4, 4, 15, tzinfo=UTC),  # Lord Howe
    datetime(2026, 10, 24, 21, tzinfo=UTC),  # Beirut
    datetime(2026, 10, 25, 1, tzinfo=UTC),  # Zurich, the Azores
    datetime(2026, 10, 29, 21, tzinfo=UTC),  # Cairo
    datetime(2026, 11, 1, 5, tzinfo=UTC),  # Havana
    datetime(2026, 11, 1, 6, tzinfo=UTC),  # New York
]
WEEKDAYS = range(1, 8)
MINUTE = timedelta(minutes=1)

# Few amounts and increments, so that lines of a table often ask for the same; often by the minute, which hides nothing.
amounts = st.sampled_from([1, 50, 100, 333, 2000, 0])
caps = st.sampled_from([0, 3, 100, 1000]) | st.integers(0, 5000)
zones = st.sampled_from(ZONES).map(ZoneInfo)
weekdays = st.sets(st.sampled_from(WEEKDAYS), min_size=1).map(lambda days: tuple(sorted(days)))
clocks = st.sampled_from([0, 60, 119, 120, 150, 180, 360, 1080, 1320, 1380, 1439]) | st.integers(0, 1439)


@st.composite
def tables(draw: st.DrawFn, least_increment: int = 1) -> tuple[RateLine, ...]:
    """Lines that follow each other, of all types, with an end or without."""
    widths = draw(st.lists(st.sampled_from([1, 30, 60, 90, 1440]) | st.integers(1, 500), min_size=1, max_size=5))
    lines: list[RateLine] = []
    start = 0
    for number, width in enumerate(widths):
        is_endless = number == len(widths) - 1 and draw(st.booleans())
        lines.append(_line(draw, number, start, None if is_endless else start + width, least_increment))
        start += width
    return tuple(lines)


@st.composite
def heaps(draw: st.DrawFn, least_increment: int = 1) -> tuple[RateLine, ...]:
    """Lines that overlap and leave gaps: no rule allows them, and they have their price all the same."""
    spans = draw(st.lists(st.tuples(st.integers(0, 300), st.none() | st.integers(1, 300)), max_size=4))
    return tuple(
        _line(draw, number, start, None if width is None else start + width, least_increment)
        for number, (start, width) in enumerate(spans)
    )


def _line(draw: st.DrawFn, number: int, start: int, end: int | None, least_increment: int) -> RateLine:
    kind = draw(st.sampled_from(LineType))
    increments = [each for each in (1, 1, 1, 7, 15, 30, 60, 90) if each >= least_increment]
    increment = draw(st.sampled_from(increments)) if kind is LineType.INCREMENTING else None
    return RateLine(number, kind, start, end, increment, draw(amounts))


def bands(least_increment: int = 1) -> st.SearchStrategy[TimeBand]:
    """Bands over midnight, to 24:00, of a whole day; any two may overlap."""
    ends = st.just("24:00") | clocks.map(text_of)
    lines = tables(least_increment) | heaps(least_increment)
    return st.builds(TimeBand, weekdays, clocks.map(text_of), ends, lines)


def tariffs(least_increment: int = 1) -> st.SearchStrategy[Tariff]:
    """Any tariff whose increments are so many minutes at least."""
    return st.builds(
        Tariff,
        st.just("CHF"),
        tables(least_increment) | heaps(least_increment),
        st.builds(Tax, st.just(0) | st.integers(0, 2500), st.booleans()),
        st.sampled_from([0, 5, 15, 60]),
        st.sampled_from([0, 0, 0, 10, 60]),
        st.lists(st.builds(Cap, st.sampled_from(CapPeriod), caps), max_size=2).map(tuple),
        st.lists(bands(least_increment), max_size=3).map(tuple),
    )


@st.composite
def stays(draw: st.DrawFn, longest: timedelta) -> Period:
    """A stay that often has a change of the clock within it or beside it, to the microsecond."""
    change = draw(st.sampled_from(CHANGES))
    shift = draw(st.timedeltas(-timedelta(days=2), timedelta(days=1)))
    seconds = draw(st.sampled_from([timedelta(seconds=59), timedelta(microseconds=1), timedelta()]))
    starts_at = change + shift // MINUTE * MINUTE + seconds
    length = draw(st.timedeltas(timedelta(microseconds=1), longest))
    return Period(starts_at, starts_at + draw(st.sampled_from([max(length // MINUTE, 1) * MINUTE, length])))
