"""What a tariff costs at a glance."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from libs.kernel.tests import stepwise
from libs.kernel.tests.examples import EVERY_DAY, ZURICH, cost, flat, incrementing, stay, tariff, tier
from libs.kernel.tests.random_tariffs import tables

from parking_kernel.money import Money
from parking_kernel.rates import daily_rate, hourly_rate, price_of
from parking_kernel.tariff_rules import check_tariff
from parking_kernel.tariffs import Cap, CapPeriod, RateLine, TimeBand, simple_tariff

HALF_DAY = (flat(300, 0, 60), incrementing(100, 30, 60, 180), tier(1500, 180, None))


@pytest.mark.parametrize(
    ("minutes", "amount"), [(0, 0), (1, 300), (60, 300), (61, 400), (120, 500), (180, 700), (181, 1500), (9999, 1500)]
)
def test_lines_add_up(minutes: int, amount: int) -> None:
    assert price_of(HALF_DAY, minutes) == amount


def test_a_simple_tariff_asks_for_each_hour_begun() -> None:
    of = check_tariff(simple_tariff(250, 2000, "CHF"))
    assert [price_of(of.lines, minutes) for minutes in (1, 60, 61)] == [250, 250, 500]
    assert (hourly_rate(of), daily_rate(of)) == (Money(250, "CHF"), Money(2000, "CHF"))
    assert daily_rate(simple_tariff(250, None, "CHF")) is None


@pytest.mark.parametrize(
    ("lines", "amount"),
    [
        pytest.param((incrementing(50, every=15),), 200, id="four quarters"),
        pytest.param((incrementing(500, every=120),), 500, id="the increment begun"),
        pytest.param((incrementing(50, every=10, end=30),), 300, id="a table that ends begins again"),
        pytest.param((tier(200, 0, 30), tier(450, 30, 120)), 450, id="the tier it ends in"),
    ],
)
def test_the_hourly_rate_is_what_the_first_hour_costs(lines: tuple[RateLine, ...], amount: int) -> None:
    assert hourly_rate(tariff(*lines)).amount == cost(tariff(*lines), 60) == amount


def test_bands_caps_and_free_minutes_do_not_change_the_hourly_rate() -> None:
    night = TimeBand(EVERY_DAY, "00:00", "24:00", (incrementing(1),))
    of = tariff(incrementing(200), free=60, caps=[Cap(CapPeriod.CALENDAR_DAY, 100)], bands=[night])
    assert hourly_rate(of) == Money(200, "CHF")


def test_the_daily_rate_is_the_lowest_cap() -> None:
    caps = [Cap(CapPeriod.CALENDAR_DAY, 2500), Cap(CapPeriod.TWENTY_FOUR_HOURS, 2000)]
    assert daily_rate(tariff(incrementing(200), caps=caps)) == Money(2000, "CHF")


@given(tables(), st.integers(1, 5000))
def test_it_is_what_a_stay_under_these_lines_alone_costs(lines: tuple[RateLine, ...], minutes: int) -> None:
    assert price_of(lines, minutes) == stepwise.price(tariff(*lines), stay(minutes), ZURICH).total.amount
