"""What stays cost. Amounts are in cents; the examples are calculated by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from libs.kernel.tests.examples import (
    EVERY_DAY,
    MONDAY_8,
    ZURICH,
    cost,
    flat,
    incrementing,
    lines,
    stay,
    tariff,
    tier,
)

from parking_kernel.money import Money
from parking_kernel.periods import Period
from parking_kernel.pricing import LineItem, price
from parking_kernel.tariffs import Cap, CapPeriod, Tariff, Tax, TimeBand
from parking_kernel.wall_times import text_of

TWO_FRANCS = tariff(incrementing(200))
FIRST_HOUR_CHEAP = tariff(incrementing(100, end=60), incrementing(50, every=15, start=60))
TIERS = tariff(tier(200, 0, 60), tier(500, 60, 180), tier(1200, 180, None))
DAY_TICKET = tariff(tier(200, 0, 60), tier(500, 60, 1440))
ENTRY_FEE = tariff(flat(100), incrementing(50, every=30))
EVENING = tariff(flat(300), flat(700, start=240))
HALF_DAY = tariff(flat(300, 0, 60), incrementing(100, 30, 60, 180), tier(1500, 180, None))


@pytest.mark.parametrize(
    ("of", "minutes", "amount"),
    [
        pytest.param(TWO_FRANCS, 1, 200, id="a started hour counts as one"),
        pytest.param(TWO_FRANCS, 60, 200, id="an hour is one"),
        pytest.param(TWO_FRANCS, 60.01, 400, id="a second more begins the next"),
        pytest.param(TWO_FRANCS, 180, 600, id="three hours are three"),
        pytest.param(FIRST_HOUR_CHEAP, 60, 100, id="the first stretch"),
        pytest.param(FIRST_HOUR_CHEAP, 61, 150, id="the second stretch has increments of its own"),
        pytest.param(FIRST_HOUR_CHEAP, 120, 300, id="100 and four quarters"),
        pytest.param(TIERS, 60, 200, id="a tier to its end"),
        pytest.param(TIERS, 61, 500, id="the next tier in all, not on top"),
        pytest.param(TIERS, 600, 1200, id="the last tier"),
        pytest.param(DAY_TICKET, 1440, 500, id="a table that ends, to its end"),
        pytest.param(DAY_TICKET, 1441, 700, id="a table that ends begins again"),
        pytest.param(DAY_TICKET, 2 * 1440, 1000, id="and again"),
        pytest.param(ENTRY_FEE, 45, 200, id="a flat fee and two started half hours"),
        pytest.param(EVENING, 240, 300, id="flat: not yet in the second stretch"),
        pytest.param(EVENING, 241, 1000, id="flat: reaching into a stretch costs once"),
        pytest.param(tariff(), 600, 0, id="no lines, no price"),
        pytest.param(tariff(incrementing(0)), 600, 0, id="a price of nothing"),
        pytest.param(tariff(incrementing(100, every=30), free=30), 30, 0, id="free minutes, to their end"),
        pytest.param(tariff(incrementing(100, every=30), free=30), 31, 200, id="beyond them, from its start"),
        pytest.param(tariff(incrementing(10, every=1), rounding=15), 1, 150, id="rounded up to a quarter"),
        pytest.param(tariff(incrementing(10, every=1), rounding=15), 16, 300, id="rounded up to two quarters"),
        pytest.param(tariff(incrementing(10, every=1)), 0.5, 10, id="half a minute counts as one"),
        pytest.param(tariff(incrementing(10, every=1), rounding=15, free=10), 10, 0, id="free comes before rounding"),
    ],
)
def test_examples(of: Tariff, minutes: float, amount: int) -> None:
    assert cost(of, minutes) == amount


class TestTiersBesideOtherLines:
    @pytest.mark.parametrize(("minutes", "amount"), [(60, 300), (61, 400), (180, 700), (181, 1500), (9999, 1500)])
    def test_a_tier_is_the_whole_price(self, minutes: int, amount: int) -> None:
        assert cost(HALF_DAY, minutes) == amount

    def test_nothing_else_is_on_the_bill(self) -> None:
        assert lines(price(HALF_DAY, stay(181), ZURICH)) == [("1 × Flat rate", "time", 1500)]

    def test_a_line_behind_a_tier_is_no_part_of_it(self) -> None:
        assert cost(tariff(tier(500, 0, 60), incrementing(100, 60, 60)), 60) == 500

    def test_it_is_the_whole_price_of_its_round(self) -> None:
        of = tariff(incrementing(100, 60, 0, 120), tier(500, 120, 240))
        assert [cost(of, minutes) for minutes in (120, 121, 240, 241, 360, 361)] == [200, 500, 500, 600, 700, 1000]

    def test_a_cap_counts_it_at_the_start_of_its_round(self) -> None:
        # Two rounds of four hours from 21:00: 500 fall due at 21:00, 500 at 01:00 of the next day.
        of = tariff(incrementing(100, 60, 0, 120), tier(500, 120, 240), caps=[Cap(CapPeriod.CALENDAR_DAY, 450)])
        assert cost(of, 480, datetime(2026, 3, 2, 21, tzinfo=ZURICH)) == 900
        assert cost(of, 480, datetime(2026, 3, 2, 19, 59, tzinfo=ZURICH)) == 450


class TestCaps:
    def test_a_calendar_day_ends_at_midnight_in_the_lots_zone(self) -> None:
        of = tariff(incrementing(200), caps=[Cap(CapPeriod.CALENDAR_DAY, 1000)])
        # 20:00 to 04:00: four hours of each day, 800 and 800.
        assert cost(of, 8 * 60, datetime(2026, 3, 2, 20, tzinfo=ZURICH)) == 1600
        # 08:00 to 16:00 of one day: 1600, of which 600 are too much.
        assert lines(price(of, stay(480), ZURICH)) == [("8 × 60 min", "time", 1600), ("Daily cap", "cap", -600)]

    def test_twenty_four_hours_begin_with_the_stay(self) -> None:
        of = tariff(incrementing(200), caps=[Cap(CapPeriod.TWENTY_FOUR_HOURS, 1000)])
        assert cost(of, 8 * 60, datetime(2026, 3, 2, 20, tzinfo=ZURICH)) == 1000
        assert cost(of, 24 * 60) == 1000
        assert cost(of, 24 * 60 + 1) == 1200
        assert cost(of, 72 * 60) == 3000

    def test_of_two_caps_the_one_that_takes_most_off_counts(self) -> None:
        caps = [Cap(CapPeriod.CALENDAR_DAY, 1000), Cap(CapPeriod.TWENTY_FOUR_HOURS, 700)]
        assert cost(tariff(incrementing(200), caps=caps), 8 * 60) == 700

    def test_a_minute_belongs_to_the_day_in_which_it_begins(self) -> None:
        of = tariff(incrementing(1, every=1), caps=[Cap(CapPeriod.CALENDAR_DAY, 2)])
        # 23:58:30 and 23:59:30 on Monday, then 00:00:30 to 00:09:30: two of each day.
        assert cost(of, 12, datetime(2026, 3, 2, 23, 58, 30, tzinfo=ZURICH)) == 4
        assert cost(of, 3, datetime(2026, 3, 2, 23, 58, 30, tzinfo=ZURICH)) == 3

    def test_twenty_four_hours_end_within_a_minute_of_a_band(self) -> None:
        bands = [TimeBand(EVERY_DAY, "06:00", "12:00", (incrementing(1, every=1),))]
        of = tariff(incrementing(0), caps=[Cap(CapPeriod.TWENTY_FOUR_HOURS, 2)], bands=bands)
        # From 06:01:30: the next day 06:00 and 06:01 lie within the first 24 hours, 06:02 and 06:03 beyond.
        assert cost(of, 24 * 60 + 2, datetime(2026, 3, 2, 6, 1, 30, tzinfo=ZURICH)) == 4
        assert cost(of, 24 * 60 + 1, datetime(2026, 3, 2, 6, 1, 30, tzinfo=ZURICH)) == 3

    @given(
        minutes=st.integers(1, 20_000),
        per=st.sampled_from(CapPeriod),
        amount=st.integers(0, 500),
        cap=st.integers(0, 3000),
    )
    def test_no_period_costs_more_than_its_cap(self, minutes: int, per: CapPeriod, amount: int, cap: int) -> None:
        start = datetime(2026, 3, 27, 17, 30, tzinfo=ZURICH)  # the spring change lies ahead
        period = stay(minutes, start)
        last = (period.ends_at - timedelta(microseconds=1)).astimezone(ZURICH).date()
        days = (last - start.date()).days + 1 if per is CapPeriod.CALENDAR_DAY else -(-minutes // 1440)
        assert cost(tariff(incrementing(amount, every=30), caps=[Cap(per, cap)]), minutes, start) <= cap * days


NIGHT = TimeBand(EVERY_DAY, "22:00", "06:00", (incrementing(50),))
WEEKEND = TimeBand((6, 7), "00:00", "24:00", (flat(500),))
DAY_AND_NIGHT = tariff(incrementing(200), bands=[NIGHT])


class TestTimeBands:
    def test_a_stay_over_midnight_is_cut_where_the_band_begins_and_ends(self) -> None:
        # 20:00 to 22:00 by day, 22:00 to 06:00 by night, 06:00 to 07:00 by day.
        of = price(DAY_AND_NIGHT, stay(11 * 60, datetime(2026, 3, 2, 20, tzinfo=ZURICH)), ZURICH)
        assert lines(of) == [("3 × 60 min", "time", 600), ("8 × 60 min, 22:00 to 06:00", "time", 400)]
        assert of.begins_again

    @pytest.mark.parametrize(
        ("weekdays", "label"),
        [
            (EVERY_DAY, "22:00 to 06:00"),
            ((1, 2, 3, 4, 5), "Mon to Fri, 22:00 to 06:00"),
            ((6, 7), "Sat to Sun, 22:00 to 06:00"),
            ((6,), "Sat, 22:00 to 06:00"),
            ((1, 6), "Mon, Sat, 22:00 to 06:00"),
        ],
    )
    def test_labels_say_day_or_night(self, weekdays: tuple[int, ...], label: str) -> None:
        assert replace(NIGHT, weekdays=weekdays).label == label

    def test_a_stay_in_one_table_does_not_begin_again(self) -> None:
        assert not price(DAY_AND_NIGHT, stay(60), ZURICH).begins_again

    def test_a_minute_begun_in_the_last_band_counts(self) -> None:
        # 21:58:30 to 22:00:30: two minutes by day, and the first of the night.
        by_the_minute = tariff(incrementing(1, every=1), bands=[replace(NIGHT, lines=(incrementing(10, every=1),))])
        assert cost(by_the_minute, 2, datetime(2026, 3, 2, 21, 58, 30, tzinfo=ZURICH)) == 1 + 1 + 10

    def test_increments_begin_again_in_each_band(self) -> None:
        # 21:30 to 22:30: a started hour by day, and one by night.
        assert cost(DAY_AND_NIGHT, 60, datetime(2026, 3, 2, 21, 30, tzinfo=ZURICH)) == 250

    def test_a_band_belongs_to_the_day_on_which_it_begins(self) -> None:
        sunday_night = replace(NIGHT, weekdays=(7,))
        of = tariff(incrementing(200), bands=[sunday_night])
        assert cost(of, 60, datetime(2026, 3, 2, 5, tzinfo=ZURICH)) == 50  # Monday, 05:00
        assert cost(of, 60, datetime(2026, 3, 2, 23, tzinfo=ZURICH)) == 200  # Monday, 23:00

    @pytest.mark.parametrize("ends", ["24:00", "00:00"])
    def test_a_band_whose_end_is_its_start_lasts_a_day(self, ends: str) -> None:
        of = tariff(incrementing(200), bands=[replace(WEEKEND, ends=ends)])
        assert cost(of, 120, datetime(2026, 3, 6, 23, tzinfo=ZURICH)) == 200 + 500  # Friday into Saturday
        assert cost(of, 48 * 60, datetime(2026, 3, 7, tzinfo=ZURICH)) == 500  # the weekend as a whole

    def test_of_overlapping_bands_the_first_counts(self) -> None:
        of = tariff(incrementing(200), bands=[WEEKEND, NIGHT])
        assert cost(of, 60, datetime(2026, 3, 7, 23, tzinfo=ZURICH)) == 500

    def test_bands_that_ask_the_same_are_two_tables(self) -> None:
        lines_of_both = (flat(500),)
        bands = [TimeBand((6,), "00:00", "24:00", lines_of_both), TimeBand((7,), "00:00", "24:00", lines_of_both)]
        assert cost(tariff(flat(500), bands=bands), 48 * 60, datetime(2026, 3, 7, tzinfo=ZURICH)) == 1000


SPRING = datetime(2026, 3, 28, 23, tzinfo=ZURICH)  # 02:00 becomes 03:00 on the 29th
AUTUMN = datetime(2026, 10, 24, 23, tzinfo=ZURICH)  # 03:00 becomes 02:00 on the 25th


class TestClockChanges:
    @pytest.mark.parametrize(
        ("start", "end", "hours"),
        [
            pytest.param(SPRING, datetime(2026, 3, 29, 5, tzinfo=ZURICH), 5, id="spring: 23:00 to 05:00 is 5 h"),
            pytest.param(AUTUMN, datetime(2026, 10, 25, 5, tzinfo=ZURICH), 7, id="autumn: it is 7 h"),
        ],
    )
    def test_elapsed_time_is_priced(self, start: datetime, end: datetime, hours: int) -> None:
        assert price(TWO_FRANCS, Period(start, end), ZURICH).total.amount == 200 * hours
        assert price(DAY_AND_NIGHT, Period(start, end), ZURICH).total.amount == 50 * hours

    @pytest.mark.parametrize(
        ("start", "by_day", "by_night"),
        [
            # The night ends at 02:30, a time that this night has not: with the change, at 03:00 = 01:00 UTC.
            pytest.param(datetime(2026, 3, 29, 0, 30, tzinfo=UTC), 200, 50, id="spring: a border that is left out"),
            # 02:00 to 02:30 comes twice, and both times it is night: until 02:30 (00:30 UTC), again 01:00 to 01:30 UTC.
            pytest.param(datetime(2026, 10, 25, 0, 0, tzinfo=UTC), 400, 100, id="autumn: a border that comes twice"),
        ],
    )
    def test_a_band_holds_whenever_the_clock_says_so(self, start: datetime, by_day: int, by_night: int) -> None:
        of = tariff(incrementing(200), bands=[TimeBand(EVERY_DAY, "22:00", "02:30", (incrementing(50),))])
        end = start + timedelta(hours=1 if start.month == 3 else 2)
        assert price(of, Period(start, end), ZURICH).total.amount == by_day + by_night

    def test_a_stay_that_begins_in_the_second_of_two_hours_leaves_the_band_too(self) -> None:
        of = tariff(incrementing(200), bands=[TimeBand(EVERY_DAY, "22:00", "02:30", (incrementing(50),))])
        second_ten_past_two = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
        assert cost(of, 4 * 60, second_ten_past_two) == 50 + 4 * 200

    def test_a_calendar_day_of_twenty_five_hours_has_one_cap(self) -> None:
        of = tariff(incrementing(200), caps=[Cap(CapPeriod.CALENDAR_DAY, 1000)])
        day = Period(datetime(2026, 10, 25, tzinfo=ZURICH), datetime(2026, 10, 26, tzinfo=ZURICH))
        assert day.length == timedelta(hours=25)
        assert price(of, day, ZURICH).total.amount == 1000


class TestTax:
    def test_included_tax_is_taken_out_of_the_lines(self) -> None:
        of = price(tariff(incrementing(200), tax=Tax(770, included=True)), stay(180), ZURICH)
        assert (of.total, of.tax) == (Money(600, "CHF"), Money(43, "CHF"))  # 600 × 7.7 / 107.7 = 42.9
        assert lines(of) == [("3 × 60 min", "time", 557), ("VAT 7.7 %", "tax", 43)]

    def test_added_tax_is_put_on_top(self) -> None:
        of = price(tariff(incrementing(200), tax=Tax(1900, included=False)), stay(180), ZURICH)
        assert (of.total, of.tax) == (Money(714, "CHF"), Money(114, "CHF"))
        assert lines(of) == [("3 × 60 min", "time", 600), ("VAT 19 %", "tax", 114)]

    def test_half_a_cent_is_rounded_up(self) -> None:
        of = price(tariff(incrementing(150), tax=Tax(100, included=False)), stay(60), ZURICH)
        assert of.tax == Money(2, "CHF")  # 1.5

    def test_a_cap_is_split_like_every_other_line(self) -> None:
        of = tariff(incrementing(200), tax=Tax(770, included=True), caps=[Cap(CapPeriod.CALENDAR_DAY, 1000)])
        assert lines(price(of, stay(480), ZURICH)) == [
            ("8 × 60 min", "time", 1486),
            ("Daily cap", "cap", -557),
            ("VAT 7.7 %", "tax", 71),
        ]

    def test_nothing_has_no_tax(self) -> None:
        of = price(tariff(free=60, tax=Tax(770, included=True)), stay(30), ZURICH)
        assert (of.total.amount, of.tax.amount) == (0, 0)
        assert of.line_items[0] == LineItem("Free of charge", "time", 0)


rate_lines = st.lists(
    st.builds(incrementing, st.integers(0, 1000), st.sampled_from([1, 7, 15, 30, 60])), min_size=1, max_size=2
).map(tuple)
taxes = st.builds(Tax, st.integers(0, 2500), st.booleans())
caps = st.lists(st.builds(Cap, st.sampled_from(CapPeriod), st.integers(0, 5000)), max_size=2)
clocks = st.integers(0, 1439).map(text_of)
bands = st.lists(st.builds(TimeBand, st.just(EVERY_DAY), clocks, clocks, rate_lines), max_size=2)
any_tariff = st.builds(
    lambda of, tax, rounding, free, limits, others: tariff(
        *of, tax=tax, rounding=rounding, free=free, caps=limits, bands=others
    ),
    rate_lines, taxes, st.sampled_from([0, 5, 15, 60]), st.integers(0, 60), caps, bands,
)  # fmt: skip
starts = st.integers(0, 220 * 24 * 60).map(lambda minute: datetime(2026, 3, 27, tzinfo=UTC) + timedelta(minutes=minute))


@given(of=any_tariff, start=starts, minutes=st.integers(1, 3000))
def test_the_lines_with_the_tax_add_up_to_the_total(of: Tariff, start: datetime, minutes: int) -> None:
    priced = price(of, stay(minutes, start), ZURICH)
    assert sum(item.amount for item in priced.line_items) == priced.total.amount
    assert sum(item.amount for item in priced.line_items if item.kind == "tax") == priced.tax.amount
    assert priced.total.amount >= priced.tax.amount >= 0


@given(of=any_tariff, start=starts, lengths=st.lists(st.integers(1, 3000), min_size=2, max_size=4))
def test_a_longer_stay_never_costs_less(of: Tariff, start: datetime, lengths: list[int]) -> None:
    amounts = [cost(of, minutes, start) for minutes in sorted(lengths)]
    assert all(shorter <= longer for shorter, longer in pairwise(amounts))


def test_an_incrementing_line_says_how_long_its_increments_are() -> None:
    nameless = replace(incrementing(100), increment_minutes=None)
    with pytest.raises(ValueError, match="increments"):
        price(tariff(nameless), stay(60, MONDAY_8), ZURICH)
