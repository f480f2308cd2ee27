"""What a tariff may say."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from libs.kernel.tests.examples import EVERY_DAY, ZURICH, stay

from parking_kernel.pricing import price
from parking_kernel.tariff_rules import MAX_LINES, MAX_TIME_BANDS, check_tariff
from parking_kernel.tariffs import Cap, CapPeriod, LineType, RateLine, Tariff, Tax, TimeBand, tariff_of
from parking_kernel.violations import InvalidFields

HOURLY = RateLine(1, LineType.INCREMENTING, 0, None, 60, 200)
TARIFF = Tariff("EUR", (HOURLY,))


def band(weekdays: tuple[int, ...], starts: str, ends: str) -> TimeBand:
    return TimeBand(weekdays, starts, ends, (HOURLY,))


def violations(tariff: Tariff) -> list[tuple[str, str]]:
    try:
        check_tariff(tariff)
    except InvalidFields as error:
        return [(violation.pointer, violation.rule) for violation in error.violations]
    return []


def pointers(tariff: Tariff) -> list[str]:
    return [pointer for pointer, _ in violations(tariff)]


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
    assert pointers(replace(TARIFF, **changes)) == [pointer]


def test_what_is_right_passes() -> None:
    tariff = replace(
        TARIFF,
        lines=(
            RateLine(1, LineType.FLAT, 0, 60, None, 300),
            RateLine(5, LineType.INCREMENTING, 60, 180, 30, 100),
            RateLine(6, LineType.FLAT_TIER, 180, None, None, 1500),
        ),
        caps=(Cap(CapPeriod.CALENDAR_DAY, 2000), Cap(CapPeriod.TWENTY_FOUR_HOURS, 2500)),
        time_bands=(band((1, 2), "18:00", "06:00"), band((2,), "06:00", "18:00"), band((6,), "00:00", "24:00")),
    )
    assert check_tariff(tariff) is tariff


def so_many_lines(count: int) -> tuple[RateLine, ...]:
    return tuple(RateLine(number, LineType.FLAT, 60 * number, 60 * number + 60, None, 1) for number in range(count))


def so_many_bands(count: int) -> tuple[TimeBand, ...]:
    return tuple(band(EVERY_DAY, f"{hour:02}:00", f"{hour + 1:02}:00") for hour in range(count))


class TestSize:
    """A quote's work grows with bands and lines, so there are so many at most."""

    def test_the_largest_tariff_passes(self) -> None:
        largest = [replace(each, lines=so_many_lines(20)) for each in so_many_bands(14)]
        assert violations(replace(TARIFF, lines=so_many_lines(20), time_bands=tuple(largest))) == []
        assert (MAX_TIME_BANDS, MAX_LINES) == (14, 20)

    def test_the_table_outside_of_bands(self) -> None:
        said = violations(replace(TARIFF, lines=so_many_lines(21)))
        assert said == [("/lines", "must hold 20 lines at most, not 21")]

    def test_the_table_of_a_band(self) -> None:
        bands = (*so_many_bands(1), replace(so_many_bands(2)[1], lines=so_many_lines(30)))
        said = violations(replace(TARIFF, time_bands=bands))
        assert said == [("/time_bands/1/lines", "must hold 20 lines at most, not 30")]

    def test_the_bands(self) -> None:
        said = violations(replace(TARIFF, time_bands=so_many_bands(15)))
        assert said == [("/time_bands", "must hold 14 time bands at most, not 15")]

    def test_one_that_is_larger_is_read_and_priced(self) -> None:
        stored = replace(TARIFF, lines=so_many_lines(100), time_bands=so_many_bands(24)[:23]).plain()
        tariff = tariff_of(stored)
        assert tariff.plain() == stored
        # 23:00 to 24:00 lies outside of the bands.
        assert price(tariff, stay(24 * 60), ZURICH).total.amount == 23 * 200 + 1


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
    tariff = Tariff("CHF", lines, Tax(basis_points, included=False), rounding, free)
    assert pointers(tariff) == []
    assert tariff_of(tariff.plain()) == tariff


@given(tables(), st.data())
def test_a_gap_or_an_overlap_is_found_anywhere(lines: tuple[RateLine, ...], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(lines) - 1))
    shift = data.draw(st.integers(-1000, 1000).filter(bool))
    broken = replace(lines[index], from_minutes=lines[index].from_minutes + shift)
    tariff = Tariff("CHF", (*lines[:index], broken, *lines[index + 1 :]))
    assert f"/lines/{index}/from_minutes" in pointers(tariff)
