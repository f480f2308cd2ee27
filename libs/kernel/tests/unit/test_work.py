"""A quote's work grows with days × bands + lines: not with increments, nor with how often a table repeats."""

from dataclasses import replace
from datetime import timedelta

import pytest
from libs.kernel.tests import stepwise
from libs.kernel.tests.examples import EVERY_DAY, ZURICH, incrementing, stay, tariff
from libs.kernel.tests.work import instructions

from parking_kernel.pricing import price
from parking_kernel.tariffs import Cap, CapPeriod, RateLine, Tariff, TimeBand

DAY = 24 * 60
MONTH, YEAR = 31, 365
BOTH_CAPS = (Cap(CapPeriod.CALENDAR_DAY, 2000), Cap(CapPeriod.TWENTY_FOUR_HOURS, 2500))
BY_THE_MINUTE = tariff(incrementing(1, every=1), caps=BOTH_CAPS)


def work(of: Tariff, days: int) -> int:
    return instructions(lambda: price(of, stay(days * DAY), ZURICH))


def table(count: int, every: int = 1) -> tuple[RateLine, ...]:
    """So many lines, each half an hour long, but the last."""
    return tuple(
        incrementing(number + 1, every, 30 * number, None if number == count - 1 else 30 * (number + 1))
        for number in range(count)
    )


def banded(bands: int, count: int = 1) -> Tariff:
    """So many bands of an hour each day, and so many lines in each table."""
    hours = [TimeBand(EVERY_DAY, f"{hour:02}:00", f"{hour + 1:02}:00", table(count)) for hour in range(bands)]
    return tariff(*table(count), caps=BOTH_CAPS, bands=hours)


@pytest.mark.parametrize("days", [1, MONTH, YEAR])
def test_increments_cost_no_work(days: int) -> None:
    by_the_hour = replace(BY_THE_MINUTE, lines=(incrementing(1, every=60),))
    assert work(BY_THE_MINUTE, days) == work(by_the_hour, days)


def test_rounds_of_a_table_cost_no_work() -> None:
    of = [tariff(incrementing(1, every=1, end=minutes), caps=BOTH_CAPS) for minutes in (1, 60, 20 * DAY)]
    shortest, hourly, longest = (work(each, MONTH) for each in of)
    assert shortest == hourly <= 1.5 * longest


@pytest.mark.parametrize("bands", [0, 1, 14])
def test_it_grows_with_the_days(bands: int) -> None:
    assert work(banded(bands), 10 * MONTH) <= 10.5 * work(banded(bands), MONTH)


def test_it_grows_with_the_bands() -> None:
    assert work(banded(14), MONTH) <= 15 * work(banded(1), MONTH)


@pytest.mark.parametrize("bands", [0, 14])
def test_lines_are_added_and_not_multiplied(bands: int) -> None:
    """Twenty lines for one cost the same more in a year as in a month: each table is looked through once."""
    more_in_a_month = work(banded(bands, 20), MONTH) - work(banded(bands, 1), MONTH)
    more_in_a_year = work(banded(bands, 20), YEAR) - work(banded(bands, 1), YEAR)
    assert more_in_a_year <= 2 * more_in_a_month


@pytest.mark.parametrize(
    ("of", "days", "most"),
    [
        pytest.param(BY_THE_MINUTE, MONTH, 1000 * MONTH, id="the quote that held the loop"),
        pytest.param(BY_THE_MINUTE, YEAR, 1000 * YEAR, id="a year of overstay"),
        pytest.param(banded(14, 20), YEAR, 300 * YEAR * 15, id="the largest tariff for a year"),
    ],
)
def test_so_much_at_most(of: Tariff, days: int, most: int) -> None:
    assert work(of, days) <= most


def test_the_count_sees_steps() -> None:
    """The negative control: step by step, the same quote takes more for each increment."""
    period = stay(DAY)
    by_the_minute = instructions(lambda: stepwise.price(BY_THE_MINUTE, period, ZURICH))
    by_the_hour = instructions(lambda: stepwise.price(replace(BY_THE_MINUTE, lines=(incrementing(1),)), period, ZURICH))
    assert by_the_minute > 30 * by_the_hour


def test_a_stay_of_ten_years_is_priced() -> None:
    assert price(BY_THE_MINUTE, stay(timedelta(days=3650) // timedelta(minutes=1)), ZURICH).total.amount > 0
