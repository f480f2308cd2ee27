"""A tariff whose prices cannot be charged, or are not meant, is refused when it is published; never when it is read."""

import json
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from libs.kernel.tests.examples import ZURICH, stay
from libs.kernel.tests.random_tariffs import tariffs
from libs.kernel.tests.unit.test_tariff_rules import tables

from parking_kernel.currencies import CURRENCIES
from parking_kernel.least_charges import booking_price, can_be_charged
from parking_kernel.new_tariffs import Confirmation, check_new_tariff
from parking_kernel.pricing import price
from parking_kernel.tariffs import (
    Cap,
    CapPeriod,
    LineType,
    MinimumRule,
    RateLine,
    Tariff,
    Tax,
    TimeBand,
    simple_tariff,
    tariff_of,
    tax_of,
)
from parking_kernel.tried_stays import MOST_BORDERS, TriedStays
from parking_kernel.violations import InvalidFields

RAISE = MinimumRule.RAISE
UTC = ZoneInfo("UTC")
MONDAY = datetime(2026, 6, 1, tzinfo=UTC)
TIER_THEN_HOURS = (
    RateLine(1, LineType.FLAT_TIER, 0, 60, None, 1000),
    RateLine(2, LineType.INCREMENTING, 60, None, 60, 300),
)


def refused(tariff: Tariff, confirmed: Collection[Confirmation] = ()) -> dict[str, str]:
    try:
        check_new_tariff(tariff, confirmed=confirmed)
    except InvalidFields as error:
        return dict(error.violations)
    return {}


def then_tier(minutes: int, amount: int, *caps: Cap) -> Tariff:
    """2.00 an hour, and from so many minutes on an amount in all."""
    hours = RateLine(1, LineType.INCREMENTING, 0, minutes, 60, 200)
    return Tariff("EUR", (hours, RateLine(2, LineType.FLAT_TIER, minutes, None, None, amount)), caps=caps)


# By day a cap is reached, so that of a tier that begins in the evening nothing is left for the day after.
FALLS_IN_A_BAND_OF_THE_NIGHT = (
    replace(
        Tariff("EUR", (RateLine(1, LineType.INCREMENTING, 0, None, 60, 500),)),
        caps=(Cap(CapPeriod.CALENDAR_DAY, 2000),),
        time_bands=(TimeBand((1, 2, 3, 4, 5, 6, 7), "18:00", "06:00", then_tier(480, 1600).lines),),
    ),
    12 * 60,
    (6 + 8) * 60,
)


def by_the_quarter(amount: int, currency: str = "EUR") -> Tariff:
    return Tariff(currency, (RateLine(1, LineType.INCREMENTING, 0, None, 15, amount),))


class TestPricesThatCannotBeCharged:
    def test_one_below_the_least_charge_says_so(self) -> None:
        (pointer, rule), *more = refused(by_the_quarter(20)).items()
        assert (pointer, more) == ("/lines/0/amount", [])
        assert rule.startswith("makes 1 min cost 0.20 EUR, less than 0.50 EUR, the least charge; or name `minimum`")

    @pytest.mark.parametrize(
        ("tariff", "pointers"),
        [
            pytest.param(by_the_quarter(50), [], id="the least charge itself"),
            pytest.param(by_the_quarter(49), ["/lines/0/amount"], id="just below it"),
            pytest.param(replace(by_the_quarter(0)), [], id="nothing at all"),
            pytest.param(replace(by_the_quarter(20), free_minutes=30), [], id="the first price after free minutes"),
            pytest.param(replace(by_the_quarter(10), rounding_minutes=60), ["/lines/0/amount"], id="of whole hours"),
            pytest.param(replace(by_the_quarter(13), rounding_minutes=60), [], id="of whole hours, enough"),
            pytest.param(
                replace(by_the_quarter(45), tax=Tax(1900, included=False)), [], id="enough with the tax on top"
            ),
            pytest.param(
                replace(by_the_quarter(100), caps=(Cap(CapPeriod.CALENDAR_DAY, 40),)), ["/caps/0/amount"], id="a cap"
            ),
            pytest.param(by_the_quarter(60_000, "HUF"), [], id="HUF"),
            pytest.param(by_the_quarter(17_400, "HUF"), ["/lines/0/amount"], id="HUF has a high one"),
            pytest.param(by_the_quarter(1255, "KWD"), ["/lines/0/amount"], id="the last of three decimals"),
            pytest.param(by_the_quarter(1250, "KWD"), [], id="whose last decimal is 0"),
            pytest.param(
                replace(by_the_quarter(1250, "KWD"), tax=Tax(500, included=False)),
                ["/lines/0/amount"],
                id="a fraction by the tax on top",
            ),
            pytest.param(
                replace(by_the_quarter(1000, "KWD"), tax=Tax(500, included=False)), [], id="a tax without fraction"
            ),
            pytest.param(by_the_quarter(200_050, "MGA"), ["/lines/0/amount"], id="half an ariary"),
            pytest.param(by_the_quarter(500, "GHS"), ["/currency"], id="a currency in which no charge is made"),
            pytest.param(by_the_quarter(1_000_000, "ISK"), ["/lines/0/amount"], id="beyond the largest charge"),
            pytest.param(by_the_quarter(999_999, "ISK"), [], id="the largest charge"),
        ],
    )
    def test_each_is_named(self, tariff: Tariff, pointers: list[str]) -> None:
        assert list(refused(tariff, list(Confirmation))) == pointers

    def test_a_tariff_that_names_the_rule_is_published(self) -> None:
        for tariff in (by_the_quarter(20), by_the_quarter(1255, "KWD")):
            assert refused(replace(tariff, minimum=RAISE)) == {}

    def test_no_rule_helps_beyond_the_largest_charge(self) -> None:
        assert list(refused(replace(by_the_quarter(1_000_000, "ISK"), minimum=RAISE))) == ["/lines/0/amount"]

    def test_a_band_is_looked_at_too(self) -> None:
        cheap = TimeBand((1, 2), "18:00", "20:00", by_the_quarter(20).lines)
        assert list(refused(replace(by_the_quarter(100), time_bands=(cheap,)))) == ["/time_bands/0/lines/0/amount"]

    @pytest.mark.parametrize(
        ("whole", "pointer", "said"),
        [
            pytest.param({"free_minutes": 30}, "/time_bands/0/lines/0/amount", "31 min from 08:30", id="free minutes"),
            pytest.param({"rounding_minutes": 60}, "/time_bands/0/lines/0/amount", "60 min from 08:01", id="rounding"),
        ],
    )
    def test_a_minute_of_a_band_is_all_that_costs(self, whole: dict[str, int], pointer: str, said: str) -> None:
        """Free minutes and rounding are of the whole stay: 61 min from 08:00 would cost 0.02 EUR."""
        by_day = TimeBand((1, 2, 3, 4, 5), "09:00", "17:00", (RateLine(1, LineType.INCREMENTING, 0, None, 1, 2),))
        tariff = replace(by_the_quarter(0), time_bands=(by_day,), **whole)
        assert (
            price(
                tariff,
                stay(
                    61 if "free_minutes" in whole else 60,
                    MONDAY + timedelta(minutes=480 if "free_minutes" in whole else 481),
                ),
                UTC,
            ).total.amount
            == 2
        )
        assert refused(tariff)[pointer].startswith(f"makes {said} cost 0.02 EUR, less than 0.50 EUR")
        assert refused(replace(tariff, minimum=RAISE)) == {}

    def test_a_minute_before_a_free_band_is_all_that_costs(self) -> None:
        night = TimeBand((1, 2, 3, 4, 5), "18:00", "24:00", by_the_quarter(0).lines)
        by_the_minute = Tariff("EUR", (RateLine(1, LineType.INCREMENTING, 0, None, 1, 2),), free_minutes=30)
        assert refused(replace(by_the_minute, time_bands=(night,)))["/lines/0/amount"].startswith(
            "makes 31 min from 17:59 cost 0.02 EUR"
        )

    @given(tariffs(least_increment=15), st.integers(0, 7 * 24 * 60 - 1), st.integers(1, 3000))
    def test_what_is_published_can_be_charged_with_caps_rounding_free_minutes_and_bands(
        self, tariff: Tariff, start: int, minutes: int
    ) -> None:
        if refused(tariff, list(Confirmation)):
            return
        assert can_be_charged(price(tariff, stay(minutes, MONDAY + timedelta(minutes=start)), UTC).total)

    @given(tables())
    def test_what_is_published_can_be_charged(self, lines: tuple[RateLine, ...]) -> None:
        """Of any table: what passes has no stay within its lines that costs less than the least charge."""
        tariff = Tariff("EUR", lines)
        if refused(tariff, list(Confirmation)):
            return
        for line in lines:
            for minutes in (line.from_minutes + 1, line.to_minutes or line.from_minutes + 600):
                assert can_be_charged(price(tariff, stay(minutes), ZURICH).total)


class TestNewChecksRunOnPublishingNeverOnReading:
    def test_an_older_one_is_read_and_priced_and_raised(self) -> None:
        older = {key: value for key, value in by_the_quarter(20).plain().items() if key != "minimum"}
        older["tax"] = {"rate_basis_points": 810, "included": True}
        tariff = tariff_of(older)
        assert tariff.minimum is None
        assert booking_price(tariff, stay(15), ZURICH).total.amount == 50


class TestPricesThatAreNotMeant:
    def test_60_minutes_dearer_than_61(self) -> None:
        tariff = Tariff("EUR", TIER_THEN_HOURS)
        assert refused(tariff) == {
            "/lines/1": "makes the price fall as the stay grows: 60 min cost 10.00 EUR, 61 min 3.00 EUR; if that is"
            " meant, send `confirm`: [`price_falls`]"
        }
        assert refused(tariff, [Confirmation.PRICE_FALLS]) == {}

    @pytest.mark.parametrize(
        "tariff",
        [
            pytest.param(Tariff("EUR", (TIER_THEN_HOURS[0], replace(TIER_THEN_HOURS[1], amount=1000))), id="as dear"),
            pytest.param(Tariff("EUR", TIER_THEN_HOURS, free_minutes=60), id="nobody pays the tier"),
            pytest.param(Tariff("EUR", TIER_THEN_HOURS, caps=(Cap(CapPeriod.TWENTY_FOUR_HOURS, 300),)), id="capped"),
            pytest.param(
                Tariff("EUR", (replace(TIER_THEN_HOURS[0], type=LineType.FLAT), TIER_THEN_HOURS[1])), id="flat"
            ),
        ],
    )
    def test_what_does_not_fall(self, tariff: Tariff) -> None:
        assert refused(tariff, [Confirmation.DAILY_BELOW_HOURLY]) == {}

    def test_in_a_band_that_is_too_short_nobody_sees_it(self) -> None:
        hourly = by_the_quarter(100)
        hour, evening = (TimeBand((1,), "18:00", ends, TIER_THEN_HOURS) for ends in ("19:00", "20:00"))
        assert refused(replace(hourly, time_bands=(hour,))) == {}
        assert list(refused(replace(hourly, time_bands=(evening,)))) == ["/time_bands/0/lines/1"]

    @given(tables())
    def test_what_passes_never_falls(self, lines: tuple[RateLine, ...]) -> None:
        tariff = Tariff("EUR", lines, minimum=RAISE)
        if refused(tariff):
            return
        borders = sorted({line.from_minutes + more for line in lines for more in (0, 1)} - {0})
        costs = [price(tariff, stay(minutes), ZURICH).total.amount for minutes in borders]
        assert costs == sorted(costs)

    @given(tariffs(least_increment=15), st.integers(0, 7 * 24 * 60 - 1), st.integers(1, 3000))
    @example(*FALLS_IN_A_BAND_OF_THE_NIGHT)
    def test_what_passes_never_falls_with_caps_rounding_free_minutes_and_bands(
        self, tariff: Tariff, start: int, minutes: int
    ) -> None:
        """From any minute of a week on, and at any length."""
        tariff = replace(tariff, minimum=RAISE)
        if refused(tariff, [Confirmation.CAP_OF_ZERO, Confirmation.DAILY_BELOW_HOURLY]):
            return
        begins = MONDAY + timedelta(minutes=start)
        costs = [price(tariff, stay(length, begins), UTC).total.amount for length in (minutes, minutes + 1)]
        assert costs == sorted(costs)

    @pytest.mark.parametrize(
        ("tariff", "said"),
        [
            pytest.param(
                then_tier(1500, 2500, Cap(CapPeriod.TWENTY_FOUR_HOURS, 2000)),
                "1500 min from 00:00 cost 22.00 EUR, 1501 min 20.00 EUR",
                id="a tier that falls due in the first 24 hours",
            ),
            pytest.param(
                then_tier(2880, 6000, Cap(CapPeriod.CALENDAR_DAY, 2000)),
                "2880 min from 00:00 cost 40.00 EUR, 2881 min 20.00 EUR",
                id="a tier that falls due on the first day",
            ),
            pytest.param(
                then_tier(600, 3000, Cap(CapPeriod.CALENDAR_DAY, 1500)),
                "600 min from 23:59 cost 17.00 EUR, 601 min 15.00 EUR",
                id="only over midnight",
            ),
            pytest.param(
                replace(then_tier(600, 3000, Cap(CapPeriod.CALENDAR_DAY, 1500)), rounding_minutes=45),
                "585 min from 23:59 cost 17.00 EUR, 630 min 15.00 EUR",
                id="rounded",
            ),
        ],
    )
    def test_a_cap_does_not_hide_that_it_falls(self, tariff: Tariff, said: str) -> None:
        assert refused(tariff) == {
            "/lines/1": f"makes the price fall as the stay grows: {said}; if that is meant, send `confirm`:"
            " [`price_falls`]"
        }
        assert refused(tariff, [Confirmation.PRICE_FALLS]) == {}

    @pytest.mark.parametrize(("apart", "bands"), [(1, 14), (2200, 0)], ids=["of a day", "of a month"])
    def test_the_work_is_bounded_for_any_tariff(self, apart: int, bands: int) -> None:
        """Also of the largest, in which each line could make the price fall from other starts than the one before."""
        lines = tuple(
            RateLine(at, LineType.FLAT_TIER, at * apart, (at + 1) * apart, None, 1000 + at) for at in range(20)
        )
        caps = (Cap(CapPeriod.CALENDAR_DAY, 1500), Cap(CapPeriod.TWENTY_FOUR_HOURS, 1400))
        held = tuple(
            TimeBand((1 + at % 7,), f"{at + 1:02}:{at:02}", f"{at + 2:02}:{at:02}", lines) for at in range(bands)
        )
        tariff = Tariff("EUR", lines, caps=caps, time_bands=held)
        tried = TriedStays(tariff)
        assert list(tried.that_fall()) == []
        assert 1000 < tried.priced <= 2 * MOST_BORDERS
        list(tried.across_bands())
        assert tried.priced <= 4 * MOST_BORDERS

    def test_what_was_due_by_day_does_not_hide_that_it_falls_by_night(self) -> None:
        tariff, start, minutes = FALLS_IN_A_BAND_OF_THE_NIGHT
        costs = [
            price(tariff, stay(length, MONDAY + timedelta(minutes=start)), UTC).total.amount
            for length in (minutes, minutes + 1)
        ]
        assert costs == [2400, 2000], "the example is one"
        assert list(refused(tariff)) == ["/time_bands/0/lines/1"]

    def test_a_daily_rate_below_the_first_hour_of_a_band_is_meant_too(self) -> None:
        evening = TimeBand((5, 6), "18:00", "22:00", by_the_quarter(125).lines)
        tariff = replace(simple_tariff(100, 150, "EUR"), time_bands=(evening,))
        said = refused(tariff)["/caps/0/amount"]
        assert said.startswith("is 1.50 EUR, less than the 5.00 EUR of the first hour (Fri to Sat, 18:00 to 22:00)")
        assert refused(tariff, [Confirmation.DAILY_BELOW_HOURLY]) == {}

    def test_a_cap_of_0_is_meant(self) -> None:
        tariff = simple_tariff(200, 0, "EUR")
        assert list(refused(tariff)) == ["/caps/0/amount"]
        assert "`cap_of_zero`" in refused(tariff)["/caps/0/amount"]
        assert refused(tariff, [Confirmation.CAP_OF_ZERO]) == {}

    def test_a_daily_rate_below_the_hourly_rate_is_meant(self) -> None:
        tariff = simple_tariff(200, 150, "EUR")
        said = refused(tariff)["/caps/0/amount"]
        assert said.startswith("is 1.50 EUR, less than the 2.00 EUR of the first hour")
        assert refused(tariff, [Confirmation.DAILY_BELOW_HOURLY]) == {}
        assert refused(simple_tariff(200, 200, "EUR")) == {}


class TestWhatABookingCosts:
    def test_a_price_below_the_least_charge_is_raised_in_a_line_of_its_own(self) -> None:
        of = booking_price(by_the_quarter(20), stay(15), ZURICH)
        assert of.total.amount == 50
        lines = [(line.label, line.kind, line.amount) for line in of.line_items]
        assert lines == [("1 × 15 min", "time", 20), ("Least charge of 0.50 EUR", "minimum", 30)]

    @pytest.mark.parametrize("included", [True, False])
    def test_the_tax_is_that_of_the_raised_price(self, included: bool) -> None:
        tariff = replace(by_the_quarter(20), tax=Tax(1900, included=included))
        of = booking_price(tariff, stay(15), ZURICH)
        assert (of.total.amount, of.tax.amount) == (50, 8)
        assert sum(line.amount for line in of.line_items) == 50
        assert [line.kind for line in of.line_items] == ["time", "minimum", "tax"]

    def test_an_unpayable_fraction_is_rounded_up(self) -> None:
        of = booking_price(by_the_quarter(1255, "KWD"), stay(15), ZURICH)
        assert of.total.amount == 1260
        assert (of.line_items[-1].label, of.line_items[-1].amount) == ("Rounded up to 1.260 KWD", 5)

    @pytest.mark.parametrize("tariff", [by_the_quarter(50), by_the_quarter(0), by_the_quarter(20, "GHS")])
    def test_what_can_be_charged_and_what_no_rule_helps_stays(self, tariff: Tariff) -> None:
        assert booking_price(tariff, stay(15), ZURICH) == price(tariff, stay(15), ZURICH)

    def test_each_currency(self) -> None:
        for currency in CURRENCIES.values():
            if currency.supported:
                of = booking_price(by_the_quarter(1, currency.code), stay(15), ZURICH)
                assert of.total.amount == currency.least, currency.code


class TestTaxRatesWithFourDecimals:
    @pytest.mark.parametrize(
        ("ppm", "basis_points", "wire"),
        [(183_750, 1838, 183_750), (99_750, 998, 99_750), (88_750, 888, 88_750), (81_000, 810, None)],
    )
    def test_the_exact_rate_stands_beside_the_nearest_basis_points(
        self, ppm: int, basis_points: int, wire: int | None
    ) -> None:
        tax = tax_of(ppm, included=False)
        assert (tax.ppm, tax.rate_basis_points, tax.rate_ppm) == (ppm, basis_points, wire)
        tariff = replace(by_the_quarter(100), tax=tax)
        assert tariff_of(tariff.plain()) == tariff

    def test_the_tax_of_the_example_to_the_minor_unit(self, shared_cases: Path) -> None:
        cases = json.loads((shared_cases / "tax.json").read_text())
        asked, due = cases["price"], cases["tax at 18.375 % not included"]
        for amount, expected in ((asked, due), (100_000, 18_375)):
            of = price(replace(by_the_quarter(amount), tax=tax_of(183_750, included=False)), stay(15), ZURICH)
            assert (of.tax.amount, of.total.amount) == (expected, amount + expected)

    def test_the_label_says_the_exact_rate(self) -> None:
        of = price(replace(by_the_quarter(100), tax=tax_of(183_750, included=False)), stay(15), ZURICH)
        assert of.line_items[-1].label == "VAT 18.375 %"
