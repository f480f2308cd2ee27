"""Opening hours, at fixed instants and for any hours at all."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from libs.kernel.tests.examples import ZURICH

from parking_kernel.opening_hours import WEEKDAYS, OpeningHours, opening_hours, opening_hours_of
from parking_kernel.periods import Period
from parking_kernel.violations import InvalidFields
from parking_kernel.wall_times import text_of

EVERY_DAY = [("06:00", "22:00")]


Texts = tuple[str, str]
Exceptions = list[tuple[date, list[Texts]]]


def hours_of(exceptions: Exceptions | None = None, /, **week: Any) -> OpeningHours:
    return opening_hours(week, exceptions or [], "/opening_hours")


def local(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZURICH, fold=fold)


def open_at(hours: OpeningHours, text: str, fold: int = 0) -> bool:
    return hours.is_open_at(local(text, fold).astimezone(UTC), ZURICH)


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-03-02T05:59", False),
        ("2026-03-02T06:00", True),
        ("2026-03-02T21:59", True),
        ("2026-03-02T22:00", False),
        ("2026-03-03T12:00", False),
    ],
)
def test_the_hours_of_a_weekday_are_half_open(at: str, is_open: bool) -> None:
    assert open_at(hours_of(mon=EVERY_DAY), at) is is_open


def test_hours_cross_midnight_and_the_week() -> None:
    hours = hours_of(sun=[("22:00", "02:00")])
    assert open_at(hours, "2026-03-01T23:00")
    assert open_at(hours, "2026-03-02T01:59")
    assert not open_at(hours, "2026-03-02T02:00")
    assert not open_at(hours, "2026-03-01T01:00")


def test_a_date_replaces_its_weekday_but_not_the_night_before() -> None:
    christmas = date(2026, 12, 25)
    hours = hours_of([(christmas, [])], thu=[("20:00", "03:00")], fri=EVERY_DAY)
    assert open_at(hours, "2026-12-25T02:00")
    assert not open_at(hours, "2026-12-25T12:00")
    assert open_at(hours, "2026-12-18T12:00")


def test_the_hour_that_comes_twice_is_open_both_times() -> None:
    hours = hours_of(sun=[("02:15", "02:45")])
    assert not open_at(hours, "2026-10-25T02:10")
    assert open_at(hours, "2026-10-25T02:15")
    assert open_at(hours, "2026-10-25T02:50")  # it does not shut in between
    assert open_at(hours, "2026-10-25T02:10", fold=1)
    assert not open_at(hours, "2026-10-25T02:45", fold=1)


def test_the_night_the_clocks_go_back_it_shuts_at_the_second_half_past_two() -> None:
    """Open from 10:00 to 02:30, which comes at 00:30 and at 01:30 UTC: one service said open, the other shut."""
    hours = hours_of(sat=[("10:00", "02:30")], sun=[("10:00", "02:30")])
    quarter_past_two_again = datetime(2026, 10, 25, 1, 15, tzinfo=UTC)
    assert hours.is_open_at(quarter_past_two_again, ZURICH)
    assert hours.lets_out_at(quarter_past_two_again + timedelta(minutes=15), ZURICH)
    assert not hours.is_open_at(quarter_past_two_again + timedelta(minutes=15), ZURICH)
    assert not hours.lets_out_at(quarter_past_two_again + timedelta(minutes=16), ZURICH)
    evening = datetime(2026, 10, 24, 18, tzinfo=UTC)
    assert hours.is_open_during(Period(evening, quarter_past_two_again), ZURICH)
    assert hours.is_open_during(Period(quarter_past_two_again, quarter_past_two_again + timedelta(minutes=15)), ZURICH)


def test_the_hour_that_is_skipped_moves_behind_the_gap() -> None:
    hours = hours_of(sun=[("01:00", "02:30")])
    assert open_at(hours, "2026-03-29T01:59")
    assert open_at(hours, "2026-03-29T03:29")
    assert not open_at(hours, "2026-03-29T03:30")


def test_a_whole_day_has_23_or_25_hours() -> None:
    hours = hours_of(sun=[("00:00", "24:00")])
    for day, length in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 7), 24)):
        since = datetime(day.year, day.month, day.day, tzinfo=ZURICH).astimezone(UTC) - timedelta(hours=5)
        (period,) = hours.periods(since, since + timedelta(days=2), ZURICH)
        assert period.ends_at - period.starts_at == timedelta(hours=length)


def test_whole_days_in_a_row_are_one_period() -> None:
    hours = hours_of(**{day: [("00:00", "24:00")] for day in WEEKDAYS})
    since = datetime(2026, 3, 25, 13, tzinfo=UTC)
    assert hours.periods(since, since + timedelta(days=30), ZURICH) == [(since, since + timedelta(days=30))]


@pytest.mark.parametrize(
    ("week", "pointer"),
    [
        ({"mon": [("6:00", "22:00")]}, "/opening_hours/mon/0"),
        ({"mon": [("06:60", "22:00")]}, "/opening_hours/mon/0"),
        ({"mon": [("24:00", "06:00")]}, "/opening_hours/mon/0"),
        ({"mon": [("06:00", "24:01")]}, "/opening_hours/mon/0"),
        ({"mon": [("\u0660\u0666:00", "22:00")]}, "/opening_hours/mon/0"),
        ({"mon": [("06:00", "06:00")]}, "/opening_hours/mon/0"),
        ({"mon": [("06:00", "12:00"), ("11:59", "13:00")]}, "/opening_hours/mon"),
        ({"mon": [("22:00", "06:00"), ("23:00", "24:00")]}, "/opening_hours/mon"),
        ({"mon": []}, "/opening_hours"),
    ],
)
def test_wrong_hours_are_named(week: dict[str, list[tuple[str, str]]], pointer: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        hours_of(**week)
    assert [violation.pointer for violation in refused.value.violations] == [pointer]


def test_a_date_stands_once() -> None:
    christmas = date(2026, 12, 25)
    with pytest.raises(InvalidFields, match="twice"):
        hours_of([(christmas, []), (christmas, EVERY_DAY)], mon=EVERY_DAY)


minutes = st.integers(0, 1439)
intervals = st.tuples(minutes, st.integers(1, 1440)).filter(lambda pair: pair[0] != pair[1])
one_a_day = st.lists(intervals, max_size=1).map(lambda found: [(text_of(a), text_of(b)) for a, b in found])
weeks = st.fixed_dictionaries(dict.fromkeys(WEEKDAYS, one_a_day)).filter(lambda week: any(week.values()))
zones = st.sampled_from(["Europe/Zurich", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"])
instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@given(weeks, zones, instants)
def test_periods_and_instants_agree(week: dict[str, list[tuple[str, str]]], zone_name: str, at: datetime) -> None:
    """What the search stores says the same as the question about one instant."""
    hours, zone = hours_of(**week), ZoneInfo(zone_name)
    periods = hours.periods(at - timedelta(days=3), at + timedelta(days=3), zone)
    assert any(period.starts_at <= at < period.ends_at for period in periods) is hours.is_open_at(at, zone)
    assert all(earlier.ends_at < later.starts_at for earlier, later in pairwise(periods))


WEEK = hours_of(
    [(date(2026, 12, 25), []), (date(2026, 12, 28), [("10:00", "12:00")])],
    mon=[("06:00", "22:00")],
    tue=[("06:00", "22:00")],
    wed=[("06:00", "12:00"), ("14:00", "22:00")],
    thu=[("18:00", "02:00")],
    fri=[("00:00", "24:00")],
    sat=[("00:00", "24:00")],
)


class TestDuring:
    """One drives in at the start and out at the end; in between the car stays in."""

    @pytest.mark.parametrize(
        ("starts", "ends"),
        [
            pytest.param("2026-03-02T06:00", "2026-03-02T22:00", id="from opening to closing"),
            pytest.param("2026-03-02T20:00", "2026-03-03T07:00", id="shut in between: the car stays in"),
            pytest.param("2026-03-04T11:00", "2026-03-04T15:00", id="over the midday break"),
            pytest.param("2026-03-05T19:00", "2026-03-06T01:30", id="hours over midnight"),
            pytest.param("2026-03-06T00:30", "2026-03-06T02:00", id="within them, after midnight"),
            pytest.param("2026-03-06T08:00", "2026-03-07T23:59", id="two days that touch at midnight"),
            pytest.param("2026-03-06T08:00", "2026-03-08T00:00", id="out at 24:00"),
            pytest.param("2026-12-28T10:00", "2026-12-28T12:00", id="a date of its own hours"),
            pytest.param("2026-03-05T19:00", "2026-03-06T23:00", id="Friday is open all day"),
        ],
    )
    def test_open(self, starts: str, ends: str) -> None:
        assert WEEK.is_open_during(Period(local(starts), local(ends)), ZURICH)

    @pytest.mark.parametrize(
        ("starts", "ends", "may_go_in"),
        [
            pytest.param("2026-03-02T05:59", "2026-03-02T08:00", False, id="before opening"),
            pytest.param("2026-03-02T22:00", "2026-03-03T08:00", False, id="in exactly at closing time"),
            pytest.param("2026-03-02T20:00", "2026-03-02T22:01", True, id="out after closing"),
            pytest.param("2026-03-04T10:00", "2026-03-04T13:00", True, id="out in the midday break"),
            pytest.param("2026-03-08T10:00", "2026-03-08T11:00", False, id="a weekday without hours"),
            pytest.param("2026-12-25T10:00", "2026-12-25T11:00", False, id="a date without hours"),
            pytest.param("2026-12-28T09:00", "2026-12-28T11:00", False, id="a date's hours replace"),
        ],
    )
    def test_shut(self, starts: str, ends: str, may_go_in: bool) -> None:
        period = Period(local(starts), local(ends))
        assert not WEEK.is_open_during(period, ZURICH)
        assert WEEK.is_open_at(period.starts_at, ZURICH) is may_go_in

    def test_hours_are_those_of_the_clock_on_either_side_of_its_change(self) -> None:
        every_day = hours_of(**dict.fromkeys(WEEKDAYS, EVERY_DAY))
        hour, minute = timedelta(hours=1), timedelta(minutes=1)
        before, after = datetime(2026, 3, 28, 5, tzinfo=UTC), datetime(2026, 3, 29, 4, tzinfo=UTC)  # both 06:00 there
        assert every_day.is_open_during(Period(before, before + hour), ZURICH)
        assert every_day.is_open_during(Period(after, after + hour), ZURICH)
        assert not every_day.is_open_during(Period(after - minute, after + hour), ZURICH)


@given(weeks)
def test_the_written_form_comes_back(week: dict[str, list[tuple[str, str]]]) -> None:
    hours = hours_of(**week)
    plain = hours.plain()
    assert {name: [tuple(pair) for pair in plain[name]] for name in WEEKDAYS} == week
    assert opening_hours_of(plain) == hours


def test_dates_come_back_too() -> None:
    assert opening_hours_of(WEEK.plain()) == WEEK


@given(weeks, instants)
def test_outside_of_clock_changes_the_wall_clock_decides(week: dict[str, list[tuple[str, str]]], at: datetime) -> None:
    hours = hours_of(**week)
    minute = at.hour * 60 + at.minute
    today, yesterday = hours.week[at.weekday()], hours.week[at.weekday() - 1]
    expected = any(each.opens <= minute < each.ends for each in today) or any(
        minute + 1440 < each.ends for each in yesterday
    )
    assert hours.is_open_at(at, ZoneInfo("UTC")) is expected
