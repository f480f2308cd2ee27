"""OpenStreetMap's opening hours as hours of a week."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parking_kernel.opening_hours import opening_hours
from parking_service.adapters.geojson.osm_hours import hours_of
from parking_service.domain.errors import RowRefused

WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
EVERY_DAY = (*WORKDAYS, "sat", "sun")


def on(days: tuple[str, ...], *hours: tuple[str, str]) -> dict[str, list[tuple[str, str]]]:
    return {day: list(hours) for day in days}


@pytest.mark.parametrize(
    ("text", "week"),
    [
        ("Mo-Fr 07:30-22:00", on(WORKDAYS, ("07:30", "22:00"))),
        (
            "Mo-Fr 08:00-12:00,14:00-18:00; Fr off",
            on(WORKDAYS[:4], ("08:00", "12:00"), ("14:00", "18:00")),
        ),
        ("Fr,Sa 22:00-04:00", on(("fri", "sat"), ("22:00", "04:00"))),
        ("Su 22:00-04:00", {"sun": [("22:00", "04:00")]}),
        ("Mo-Fr 06:00-26:00", on(WORKDAYS, ("06:00", "02:00"))),
        ("Mo-Fr", on(WORKDAYS, ("00:00", "24:00"))),
        ("Mo-Su 06:00-24:00", on(EVERY_DAY, ("06:00", "24:00"))),
        ("Jan-Dec Mo-Fr 07:30-22:00", on(WORKDAYS, ("07:30", "22:00"))),
    ],
)
def test_hours_of_a_week_are_kept(text: str, week: dict[str, list[tuple[str, str]]]) -> None:
    assert hours_of(text) == (opening_hours(week, [], ""), ())


@pytest.mark.parametrize("text", ["24/7", "Mo-Su 00:00-24:00", "00:00-24:00", "Mo-Su 06:00-06:00"])
def test_day_and_night_is_no_hours(text: str) -> None:
    assert hours_of(text) == (None, ())


@pytest.mark.parametrize(
    ("text", "left_out"),
    [
        ("Mo-Fr 07:30-22:00; PH off", ("opening_hours PH",)),
        ("Mo-Fr 07:30-22:00; PH,SH 10:00-12:00", ("opening_hours PH", "opening_hours SH")),
        ('Mo-Fr 07:30-22:00 "ring the bell; PH too"', ("opening_hours comment",)),
    ],
)
def test_holidays_and_comments_are_left_out_by_name(text: str, left_out: tuple[str, ...]) -> None:
    assert hours_of(text) == (opening_hours(on(WORKDAYS, ("07:30", "22:00")), [], ""), left_out)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Apr-Oct 08:00-20:00", "depends on more than the day of the week"),
        ("Mo-Fr 08:00-20:00; Dec 25 off", "depends on more than the day of the week"),
        ("2026 Mo-Fr 08:00-20:00", "depends on more than the day of the week"),
        ("week 1-20 Mo-Fr 08:00-20:00", "depends on more than the day of the week"),
        ("sunrise-sunset", "depends on more than the day of the week"),
        ("Mo[1] 08:00-20:00", "depends on more than the day of the week"),
        ("Mo-Fr 08:00+", "depends on more than the day of the week"),
        ("easter -2 days off; 08:00-20:00", "depends on more than the day of the week"),
        ("Mo-Fr 08:00-20:00 unknown", "depends on more than the day of the week"),
        ("off", "is never open"),
        ("PH 08:00-20:00", "is never open"),
        ("nine to five", "is not understood"),
        ("Mo-Fr 25:00-99:00", "is not understood"),
        ("Mo-Fr 08:00-20:00;" * 40, "has more than 500 characters"),
    ],
)
def test_what_a_week_cannot_say_is_refused(text: str, reason: str) -> None:
    with pytest.raises(RowRefused, match=reason):
        hours_of(text)


WORDS = ["Mo", "Fr-Tu", "Sa", "PH", "SH", "off", "08:00", "-", "20:00", "24:00", "29:59", ",", ";", "||", "24/7", "Jan"]
WORDS += ["week", "2026", "[1]", "+", "/2", "sunset", "easter", '"a"', "unknown", "(", ")", " ", "00:00-00:00", "99"]


@given(st.lists(st.sampled_from(WORDS), max_size=9).map("".join) | st.text(max_size=30))
def test_any_text_is_hours_or_refused(text: str) -> None:
    try:
        hours, _left_out = hours_of(text)
    except RowRefused:
        return
    assert hours is None or any(hours.week)
