"""Time is cut on the lot's own clock, and none of it is lost or counted twice."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_service.domain.buckets import MOST, Bucket, Interval, buckets
from analytics_service.domain.errors import InvalidQuestion

ZURICH = ZoneInfo("Europe/Zurich")
ZONES = st.sampled_from(
    ["Europe/Zurich", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kathmandu", "UTC"]
).map(ZoneInfo)
INSTANTS = st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZURICH)


def hours(found: list[Bucket]) -> list[float]:
    return [bucket.length / timedelta(hours=1) for bucket in found]


@pytest.mark.parametrize(
    ("day", "following", "length"),
    [("2026-03-29", "2026-03-30", 23), ("2026-10-25", "2026-10-26", 25), ("2026-06-01", "2026-06-02", 24)],
    ids=["the clock goes forward", "the clock goes back", "an ordinary day"],
)
def test_a_day_is_as_long_as_the_clock_makes_it(day: str, following: str, length: int) -> None:
    start, end = local(day), local(following)
    assert hours([*buckets(start, end, Interval.DAY, ZURICH)]) == [length]
    assert hours([*buckets(start, end, Interval.HOUR, ZURICH)]) == [1] * length
    assert len(buckets(start, end, Interval.QUARTER_HOUR, ZURICH)) == length * 4


def test_the_first_and_the_last_are_cut() -> None:
    found = buckets(local("2026-06-01T10:20"), local("2026-06-01T12:05"), Interval.HOUR, ZURICH)
    assert [bucket.ends_at.astimezone(ZURICH).strftime("%H:%M") for bucket in found] == ["11:00", "12:00", "12:05"]
    assert found[0].starts_at == local("2026-06-01T10:20")


def test_a_day_begins_at_midnight_even_where_the_clock_skips_it() -> None:
    sao_paulo = ZoneInfo("America/Sao_Paulo")
    start, end = datetime(2018, 11, 3, tzinfo=sao_paulo), datetime(2018, 11, 6, tzinfo=sao_paulo)
    assert hours([*buckets(start, end, Interval.DAY, sao_paulo)]) == [24, 23, 24]


def test_hours_stand_on_whole_hours_of_a_zone_with_a_broken_offset() -> None:
    kathmandu = ZoneInfo("Asia/Kathmandu")
    found = buckets(
        datetime(2026, 1, 1, 10, tzinfo=UTC), datetime(2026, 1, 1, 12, tzinfo=UTC), Interval.HOUR, kathmandu
    )
    assert [bucket.starts_at.astimezone(kathmandu).minute for bucket in found] == [45, 0, 0]


def test_borders_are_whole_milliseconds() -> None:
    start = datetime(2026, 1, 1, 0, 0, 0, 1_999, tzinfo=UTC)
    (only,) = buckets(start, start + timedelta(microseconds=1), Interval.HOUR, ZURICH)
    assert (only.starts_at.microsecond, only.ends_at.microsecond) == (1_000, 2_000)


@given(start=INSTANTS, minutes=st.integers(1, 60 * 24 * 5), interval=st.sampled_from(Interval), zone=ZONES)
def test_they_cover_the_period_without_gap_or_overlap(
    start: datetime, minutes: int, interval: Interval, zone: ZoneInfo
) -> None:
    end = start + timedelta(minutes=minutes)
    found = buckets(start, end, interval, zone)
    assert all(before.ends_at == after.starts_at for before, after in pairwise(found))
    assert all(bucket.starts_at < bucket.ends_at for bucket in found)
    assert abs(found[0].starts_at - start) < timedelta(milliseconds=1)
    assert abs(found[-1].ends_at - end) < timedelta(milliseconds=1)


@given(start=INSTANTS, days=st.integers(1, 9), zone=ZONES)
def test_borders_of_days_are_borders_of_hours_too(start: datetime, days: int, zone: ZoneInfo) -> None:
    end = start + timedelta(days=days)
    borders = [
        {bucket.starts_at for bucket in buckets(start, end, interval, zone)}
        for interval in (Interval.DAY, Interval.HOUR, Interval.QUARTER_HOUR)
    ]
    assert borders[0] <= borders[1] <= borders[2]


def test_a_thousand_are_answered_and_one_more_is_not() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    quarter = timedelta(minutes=15)
    assert len(buckets(start, start + MOST * quarter, Interval.QUARTER_HOUR, ZURICH)) == MOST
    with pytest.raises(InvalidQuestion, match="interval must be longer"):
        buckets(start, start + (MOST + 1) * quarter, Interval.QUARTER_HOUR, ZURICH)


@pytest.mark.parametrize(
    ("start", "end", "field"),
    [
        ("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z", "to"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "to"),
        ("0001-01-01T00:00:00+14:00", "2026-01-01T00:00:00Z", "from"),
        ("2026-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "to"),
    ],
)
def test_what_is_no_period_is_refused_by_name(start: str, end: str, field: str) -> None:
    with pytest.raises(InvalidQuestion) as refused:
        buckets(datetime.fromisoformat(start), datetime.fromisoformat(end), Interval.DAY, ZURICH)
    assert refused.value.field == field
