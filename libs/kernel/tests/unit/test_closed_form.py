"""The closed form gives what the stepwise pricer gave: totals, taxes, line items, their order and their words."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from libs.kernel.tests import stepwise
from libs.kernel.tests.random_tariffs import stays, tariffs, zones

from parking_kernel.periods import Period
from parking_kernel.pricing import price
from parking_kernel.tariffs import Tariff


@settings(max_examples=250)
@given(tariffs(), stays(timedelta(days=3)), zones)
def test_any_stay(tariff: Tariff, stay: Period, zone: ZoneInfo) -> None:
    assert price(tariff, stay, zone) == stepwise.price(tariff, stay, zone)


@settings(max_examples=40)
@given(tariffs(least_increment=7), stays(timedelta(days=31)), zones)
def test_a_month(tariff: Tariff, stay: Period, zone: ZoneInfo) -> None:
    assert price(tariff, stay, zone) == stepwise.price(tariff, stay, zone)


@settings(max_examples=8)
@given(tariffs(least_increment=60), stays(timedelta(days=366)), zones)
def test_a_year(tariff: Tariff, stay: Period, zone: ZoneInfo) -> None:
    assert price(tariff, stay, zone) == stepwise.price(tariff, stay, zone)
