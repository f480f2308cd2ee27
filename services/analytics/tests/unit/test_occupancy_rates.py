"""Rates are weighted by time: by hand, and against the plainest sum there is."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from services.analytics.tests.fakes.elasticsearch.figures import bookings_of

from analytics_service.domain.buckets import Bucket
from analytics_service.domain.occupancy import LotSize, Measure, Sighting, Watch, booked_rates, spot_time

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
LATER = MIDNIGHT + timedelta(days=30)

type Stay = tuple[datetime, datetime]


def at(clock: str) -> datetime:
    hour, minute = clock.split(":")
    return MIDNIGHT + timedelta(hours=int(hour), minutes=int(minute))


def buckets_of(*borders: str) -> list[Bucket]:
    instants = [at(border) for border in borders]
    return [Bucket(*pair) for pair in pairwise(instants)]


def booked(stays: Sequence[Stay], periods: Sequence[Bucket], spots: int) -> list[float | None]:
    reaching_in = [(begin, end) for begin, end in stays if begin < periods[-1].ends_at and end > periods[0].starts_at]
    return booked_rates(periods, bookings_of(reaching_in, periods), [spots * period.length for period in periods])


@pytest.mark.parametrize(
    ("stays", "spots", "rates"),
    [
        ([], 4, [0, 0]),
        ([("10:00", "11:00")], 1, [1, 0]),
        ([("10:00", "12:00")], 1, [1, 1]),
        ([("09:00", "10:30")], 1, [0.5, 0]),
        ([("10:45", "11:15")], 1, [0.25, 0.25]),
        ([("08:00", "20:00")], 4, [0.25, 0.25]),
        ([("09:00", "10:00"), ("12:00", "13:00")], 1, [0, 0]),
        ([("10:00", "10:30"), ("10:30", "11:30")], 2, [0.5, 0.25]),
        ([("10:00", "11:00"), ("10:00", "11:00"), ("09:00", "10:15")], 3, [0.75, 0]),
    ],
)
def test_booked_by_hand(stays: list[tuple[str, str]], spots: int, rates: list[float]) -> None:
    assert booked([(at(begin), at(end)) for begin, end in stays], buckets_of("10:00", "11:00", "12:00"), spots) == rates


def test_what_was_booked_is_a_share_of_the_spots_that_there_were_then() -> None:
    sizes = [LotSize(at("10:30"), 4), LotSize(at("11:15"), 1)]
    periods = buckets_of("10:00", "11:00", "12:00", "13:00")
    assert spot_time(periods, sizes) == [timedelta(hours=4), timedelta(hours=1.75), timedelta(hours=1)]
    assert spot_time(periods[2:], sizes) == [timedelta(hours=1)]
    stays = [(at("10:00"), at("12:00")), (at("10:00"), at("11:00"))]
    rates = booked_rates(periods, bookings_of(stays, periods), spot_time(periods, sizes))
    assert rates == [0.5, pytest.approx(1 / 1.75), 0]


def test_a_stay_on_a_spot_that_was_taken_away_makes_a_lot_no_fuller_than_full() -> None:
    stays = [(at("10:00"), at("11:00"))] * 2
    assert booked(stays, buckets_of("10:00", "11:00"), 1) == [1]


def test_a_lot_without_spots_has_no_rate() -> None:
    assert booked([(at("10:00"), at("11:00"))], buckets_of("10:00", "11:00"), 0) == [None]


MINUTES = st.integers(0, 36 * 60)


@st.composite
def timetable(draw: st.DrawFn) -> list[Stay]:
    """Stays of one spot, which never overlap."""
    borders = sorted(draw(st.sets(MINUTES, max_size=12)))
    pairs = zip(borders[::2], borders[1::2], strict=False)
    return [(MIDNIGHT + timedelta(minutes=begin), MIDNIGHT + timedelta(minutes=end)) for begin, end in pairs]


@st.composite
def following(draw: st.DrawFn) -> list[Bucket]:
    """Buckets that follow each other."""
    borders = sorted(draw(st.sets(MINUTES, min_size=2, max_size=9)))
    instants = [MIDNIGHT + timedelta(minutes=minute) for minute in borders]
    return [Bucket(*pair) for pair in pairwise(instants)]


@given(spots=st.lists(timetable(), min_size=1, max_size=4), periods=following())
def test_booked_is_the_plain_sum_of_overlaps_and_between_0_and_1(
    spots: list[list[Stay]], periods: list[Bucket]
) -> None:
    stays = [stay for spot in spots for stay in spot]
    for period, rate in zip(periods, booked(stays, periods, len(spots)), strict=True):
        overlaps = [min(end, period.ends_at) - max(begin, period.starts_at) for begin, end in stays]
        plain = sum((overlap for overlap in overlaps if overlap > timedelta()), timedelta())
        assert rate == plain / (len(spots) * period.length)
        assert rate is not None
        assert 0 <= rate <= 1


@given(spots=st.lists(timetable(), min_size=1, max_size=4), periods=following())
def test_a_coarser_bucket_is_the_weighted_mean_of_its_finer_ones(
    spots: list[list[Stay]], periods: list[Bucket]
) -> None:
    stays = [stay for spot in spots for stay in spot]
    whole = Bucket(periods[0].starts_at, periods[-1].ends_at)
    (coarse,) = booked(stays, [whole], len(spots))
    fine = booked(stays, periods, len(spots))
    mean = sum((rate or 0) * (period.length / whole.length) for rate, period in zip(fine, periods, strict=True))
    assert coarse == pytest.approx(mean)


def spot(name: str, clock: str, *, taken: bool) -> Sighting:
    return Sighting(Measure.SPOT, name, at(clock), int(taken), 1)


def count(clock: str, occupied: int, capacity: int = 10) -> Sighting:
    return Sighting(Measure.COUNT, "", at(clock), occupied, capacity)


def sensed(
    sightings: list[Sighting], borders: tuple[str, ...] = ("10:00", "11:00", "12:00"), until: datetime = LATER
) -> list[float | None]:
    watch = Watch(buckets_of(*borders), until)
    for sighting in sightings:
        watch.see(sighting)
    return [each.rate for each in watch.sensed()]


@pytest.mark.parametrize(
    ("sightings", "rates"),
    [
        ([], [None, None]),
        ([count("10:00", 5), count("10:30", 10), count("11:00", 0)], [0.75, 0]),
        ([count("09:30", 4)], [0.4, None]),
        ([count("10:30", 5)], [0.5, 0.5]),
        ([count("08:00", 9)], [None, None]),
        ([count("10:00", 12)], [1, None]),
        ([count("10:00", 0, capacity=0)], [None, None]),
        ([spot("a", "10:00", taken=True), spot("a", "10:15", taken=False)], [0.25, 0]),
        ([spot("a", "00:30", taken=True)], [1, 1]),
        ([spot("a", "09:00", taken=True), spot("b", "11:00", taken=False)], [1, 0.5]),
    ],
    ids=[
        "nothing was seen",
        "each count holds until the next",
        "a count is believed for an hour",
        "no matter where the hour lies",
        "an old count says nothing",
        "a count beyond the capacity means full",
        "a lot that holds nothing has no rate",
        "a spot until its next change",
        "a parked car stands for long",
        "an unknown spot counts neither way",
    ],
)
def test_sensed_by_hand(sightings: list[Sighting], rates: list[float | None]) -> None:
    assert sensed(sightings) == rates


def test_a_spot_that_says_nothing_for_a_day_is_unknown() -> None:
    assert sensed([spot("a", "10:00", taken=True)], ("33:00", "34:00", "35:00")) == [1, None]


@pytest.mark.parametrize(
    ("sightings", "spots"),
    [
        ([], [0, 0]),
        ([count("10:00", 5)], [10, 0]),
        ([count("10:30", 5, capacity=8)], [4, 4]),
        ([spot("a", "09:00", taken=True), spot("b", "11:00", taken=False)], [1, 2]),
        ([spot("a", "10:45", taken=True)], [0.25, 1]),
    ],
)
def test_a_sensed_rate_says_over_how_many_spots(sightings: list[Sighting], spots: list[float]) -> None:
    watch = Watch(buckets_of("10:00", "11:00", "12:00"), LATER)
    for sighting in sightings:
        watch.see(sighting)
    assert [each.spots for each in watch.sensed()] == spots


def test_of_the_present_bucket_only_the_time_that_passed_counts() -> None:
    watch = Watch(buckets_of("10:00", "11:00", "12:00"), at("10:30"))
    watch.see(spot("a", "09:00", taken=True))
    assert [each.spots for each in watch.sensed()] == [1, 0]


def test_counters_come_before_spots_in_the_whole_period() -> None:
    both = [spot("a", "10:00", taken=True), count("10:00", 5)]
    assert sensed(both) == [0.5, None]
    assert sensed(both[:1]) == [1, 1]


def test_nothing_is_known_of_the_future() -> None:
    assert sensed([count("10:00", 10)], until=at("10:30")) == [1, None]
    assert sensed([count("10:00", 10)], ("10:20", "10:40", "11:00"), until=at("10:30")) == [1, None]


@st.composite
def seen(draw: st.DrawFn) -> list[Sighting]:
    minutes = sorted(draw(st.lists(MINUTES, max_size=15)))
    return [
        Sighting(
            Measure.SPOT,
            draw(st.sampled_from("abc")),
            MIDNIGHT + timedelta(minutes=minute),
            draw(st.integers(0, 1)),
            1,
        )
        for minute in minutes
    ]


@given(sightings=seen(), periods=following())
def test_sensed_lies_between_0_and_1_and_does_not_hang_on_the_cut(
    sightings: list[Sighting], periods: list[Bucket]
) -> None:
    """Minute by minute is the plainest way to weigh by time."""
    watch = Watch(periods, LATER)
    for sighting in sightings:
        watch.see(sighting)
    for period, rate in zip(periods, [each.rate for each in watch.sensed()], strict=True):
        states = [state for minute in _minutes(period) for state in _states(sightings, minute)]
        assert rate == (pytest.approx(sum(states) / len(states)) if states else None)
        assert rate is None or 0 <= rate <= 1


def _minutes(period: Bucket) -> list[datetime]:
    return [period.starts_at + timedelta(minutes=number) for number in range(int(period.length.total_seconds() // 60))]


def _states(sightings: list[Sighting], minute: datetime) -> list[int]:
    last = {each.source: each for each in sightings if minute - timedelta(hours=24) < each.at <= minute}
    return [each.occupied for each in last.values()]
