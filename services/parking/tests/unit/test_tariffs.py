"""What a tariff may say, and what a lot shows of it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parking_kernel.money import Money
from parking_kernel.rates import daily_rate, hourly_rate, price_of
from parking_kernel.tariff_rules import check_tariff
from parking_kernel.tariffs import Cap, CapPeriod, LineType, RateLine, Tariff, Tax, TimeBand, simple_tariff, tariff_of
from parking_kernel.violations import InvalidFields

HOURLY = RateLine(1, LineType.INCREMENTING, 0, None, 60, 200)
TERMS = Tariff("EUR", (HOURLY,))


def band(weekdays: tuple[int, ...], starts: str, ends: str) -> TimeBand:
    return TimeBand(weekdays, starts, ends, (HOURLY,))


def pointers(terms: Tariff) -> list[str]:
    try:
        check_tariff(terms)
    except InvalidFields as error:
        return [violation.pointer for violation in error.violations]
    return []


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"currency": "EURO"}, "/currency"),
        ({"currency": "XTS"}, "/currency"),
        ({"tax": Tax(-1, included=True)}, "/tax/rate_percent"),
        ({"tax": Tax(10_001, included=True)}, "/tax/rate_percent"),
        ({"free_minutes": -1}, "/free_minutes"),
        ({"free_minutes": 1441}, "/free_minutes"),
        ({"rounding_minutes": 61}, "/rounding_minutes"),
        ({"lines": ()}, "/lines"),
        ({"lines": (replace(HOURLY, from_minutes=1),)}, "/lines/0/from_minutes"),
        ({"lines": (replace(HOURLY, increment_minutes=0),)}, "/lines/0/increment_minutes"),
        ({"lines": (replace(HOURLY, increment_minutes=None),)}, "/lines/0/increment_minutes"),
        ({"lines": (replace(HOURLY, type=LineType.FLAT),)}, "/lines/0/increment_minutes"),
        ({"lines": (replace(HOURLY, amount=-1),)}, "/lines/0/amount"),
        ({"lines": (replace(HOURLY, to_minutes=0),)}, "/lines/0/to_minutes"),
        ({"lines": (HOURLY, replace(HOURLY, sequence=2, from_minutes=60))}, "/lines/1/from_minutes"),
        (
            {"lines": (replace(HOURLY, to_minutes=60), replace(HOURLY, sequence=2, from_minutes=90))},
            "/lines/1/from_minutes",
        ),
        ({"lines": (replace(HOURLY, to_minutes=60), replace(HOURLY, from_minutes=60))}, "/lines/1/sequence"),
        ({"caps": (Cap(CapPeriod.CALENDAR_DAY, -1),)}, "/caps/0/amount"),
        ({"caps": (Cap(CapPeriod.CALENDAR_DAY, 1), Cap(CapPeriod.CALENDAR_DAY, 2))}, "/caps/1/per"),
        ({"time_bands": (band((), "18:00", "20:00"),)}, "/time_bands/0/weekdays"),
        ({"time_bands": (band((1, 1), "18:00", "20:00"),)}, "/time_bands/0/weekdays"),
        ({"time_bands": (band((8,), "18:00", "20:00"),)}, "/time_bands/0/weekdays"),
        ({"time_bands": (band((1,), "18", "20:00"),)}, "/time_bands/0/from"),
        ({"time_bands": (band((1,), "18:00", "24:30"),)}, "/time_bands/0/to"),
        ({"time_bands": (band((1,), "18:00", "18:00"),)}, "/time_bands/0/to"),
        ({"time_bands": (band((1, 2), "18:00", "20:00"), band((2,), "19:59", "21:00"))}, "/time_bands/1"),
        ({"time_bands": (band((7,), "22:00", "06:00"), band((1,), "05:59", "07:00"))}, "/time_bands/1"),
        ({"time_bands": (band((1, 2), "00:00", "24:00"), band((1,), "23:00", "24:00"))}, "/time_bands/1"),
    ],
)
def test_a_wrong_field_is_named(changes: dict[str, object], pointer: str) -> None:
    assert pointers(replace(TERMS, **changes)) == [pointer]


def test_what_is_right_passes() -> None:
    terms = replace(
        TERMS,
        lines=(
            RateLine(1, LineType.FLAT, 0, 60, None, 300),
            RateLine(5, LineType.INCREMENTING, 60, 180, 30, 100),
            RateLine(6, LineType.FLAT_TIER, 180, None, None, 1500),
        ),
        caps=(Cap(CapPeriod.CALENDAR_DAY, 2000), Cap(CapPeriod.TWENTY_FOUR_HOURS, 2500)),
        time_bands=(band((1, 2), "18:00", "06:00"), band((2,), "06:00", "18:00"), band((6,), "00:00", "24:00")),
    )
    assert check_tariff(terms) is terms


@pytest.mark.parametrize(
    ("minutes", "price"), [(0, 0), (1, 300), (60, 300), (61, 400), (120, 500), (180, 700), (181, 1500), (9999, 1500)]
)
def test_lines_add_up(minutes: int, price: int) -> None:
    lines = (
        RateLine(1, LineType.FLAT, 0, 60, None, 300),
        RateLine(2, LineType.INCREMENTING, 60, 180, 30, 100),
        RateLine(3, LineType.FLAT_TIER, 180, None, None, 1500),
    )
    assert price_of(lines, minutes) == price


def test_a_simple_tariff_asks_for_each_hour_begun() -> None:
    terms = check_tariff(simple_tariff(250, 2000, "CHF"))
    assert [price_of(terms.lines, minutes) for minutes in (1, 60, 61)] == [250, 250, 500]
    assert (hourly_rate(terms), daily_rate(terms)) == (Money(250, "CHF"), Money(2000, "CHF"))
    assert daily_rate(simple_tariff(250, None, "CHF")) is None


widths = st.lists(st.integers(1, 500), min_size=1, max_size=6)
amounts = st.integers(0, 10_000)


@st.composite
def tables(draw: st.DrawFn) -> tuple[RateLine, ...]:
    ends = draw(widths)
    lines: list[RateLine] = []
    start = 0
    for number, width in enumerate(ends):
        kind = draw(st.sampled_from(list(LineType)))
        end = None if number == len(ends) - 1 and draw(st.booleans()) else start + width
        increment = draw(st.integers(1, 120)) if kind is LineType.INCREMENTING else None
        lines.append(RateLine(number, kind, start, end, increment, draw(amounts)))
        start += width
    return tuple(lines)


@given(tables(), st.integers(0, 10_000), st.integers(0, 60), st.integers(0, 1440))
def test_any_contiguous_table_passes_and_is_kept(
    lines: tuple[RateLine, ...], basis_points: int, rounding: int, free: int
) -> None:
    terms = Tariff("CHF", lines, Tax(basis_points, included=False), rounding, free)
    assert pointers(terms) == []
    assert tariff_of(terms.plain()) == terms


@given(tables(), st.data())
def test_a_gap_or_an_overlap_is_found_anywhere(lines: tuple[RateLine, ...], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(lines) - 1))
    shift = data.draw(st.integers(-1000, 1000).filter(bool))
    broken = replace(lines[index], from_minutes=lines[index].from_minutes + shift)
    terms = Tariff("CHF", (*lines[:index], broken, *lines[index + 1 :]))
    assert f"/lines/{index}/from_minutes" in pointers(terms)
