"""What the payment provider can charge, in the minor units of ISO 4217."""

import pytest

from parking_kernel.currencies import CURRENCIES, Currency, decimals_of
from parking_kernel.money import Money
from stripe_simulator import currencies as simulated


@pytest.mark.parametrize(
    ("code", "amount", "text"),
    [
        ("ISK", 500, "500 ISK"),
        ("UGX", 5000, "5000 UGX"),
        ("JPY", 300, "300 JPY"),
        ("HUF", 60_000, "600.00 HUF"),
        ("KWD", 1250, "1.250 KWD"),
        ("MGA", 400_000, "4000.00 MGA"),
        ("EUR", 50, "0.50 EUR"),
        ("GBP", 30, "0.30 GBP"),
        ("CHF", 50, "0.50 CHF"),
        ("JPY", 50, "50 JPY"),
        ("KRW", 1000, "1000 KRW"),
        ("AED", 200, "2.00 AED"),
        ("CZK", 1500, "15.00 CZK"),
        ("EUR", 99_999_999, "999999.99 EUR"),
        ("ISK", 999_999, "999999 ISK"),
        ("IDR", 999_999_999_999, "9999999999.99 IDR"),
    ],
)
def test_what_can_be_charged(code: str, amount: int, text: str) -> None:
    assert CURRENCIES[code].can_charge(amount)
    assert str(Money(amount, code)) == text


@pytest.mark.parametrize(
    ("code", "amount"),
    [
        pytest.param("KWD", 1255, id="the last of three decimals must be 0"),
        pytest.param("EUR", 20, id="below the least charge"),
        pytest.param("EUR", 49, id="just below it"),
        pytest.param("GBP", 29, id="a least charge of its own"),
        pytest.param("HUF", 17_499, id="a high one"),
        pytest.param("JPY", 49, id="one without decimals"),
        pytest.param("MGA", 400_050, id="half an ariary"),
        pytest.param("EUR", 100_000_000, id="nine digits"),
        pytest.param("ISK", 1_000_000, id="nine digits, in the provider's hundredths"),
        pytest.param("INR", 1_000_000_000, id="ten digits, where nine can be had"),
        pytest.param("GHS", 10_000, id="a currency that the provider has not"),
        pytest.param("EUR", 0, id="nothing"),
        pytest.param("EUR", -50, id="less than nothing"),
    ],
)
def test_what_cannot(code: str, amount: int) -> None:
    assert not CURRENCIES[code].can_charge(amount)


@pytest.mark.parametrize("currency", CURRENCIES.values(), ids=lambda currency: currency.code)
def test_the_limits_of_each_can_be_charged_and_nothing_beyond(currency: Currency) -> None:
    assert currency.supported == currency.can_charge(currency.least) == currency.can_charge(currency.largest)
    assert not currency.can_charge(currency.least - (currency.step or 1))
    assert not currency.can_charge(currency.largest + (currency.step or 1))
    if not currency.supported:
        assert (currency.least, currency.largest, currency.step) == (0, 0, 0)


@pytest.mark.parametrize(("code", "decimals"), [("CHF", 2), ("MGA", 2), ("JPY", 0), ("ISK", 0), ("KWD", 3), ("XXX", 2)])
def test_decimals(code: str, decimals: int) -> None:
    assert decimals_of(code) == decimals


def simulated_least(currency: Currency) -> int:
    """What the simulator takes at least, in the minor units of here."""
    code = currency.code.lower()
    return simulated.least_charge(code) * 10**currency.decimals // 10 ** simulated.decimals(code)


def test_the_provider_of_tests_and_demonstrations_takes_the_same_currencies() -> None:
    supported = {currency.code.lower() for currency in CURRENCIES.values() if currency.supported}
    assert supported == simulated.KNOWN
    assert len(supported) > 130


def test_the_provider_of_tests_and_demonstrations_agrees() -> None:
    for currency in filter(lambda each: each.supported, CURRENCIES.values()):
        code = currency.code.lower()
        decimals = simulated.decimals(code)
        step = simulated.STEPS.get(code, 1)
        here = 10**currency.decimals / 10**decimals
        assert currency.provider_decimals == decimals, code
        assert currency.step == max(1, step * here), code
        if code in simulated.MINIMA:
            assert currency.least == simulated_least(currency), code
        assert currency.largest // currency.step == (10 ** simulated.MORE_DIGITS.get(code, 8) - 1) // step, code


def test_a_least_charge_that_is_not_documented_is_worth_what_the_provider_asks_for_and_not_twice_as_much() -> None:
    others = [CURRENCIES[code.upper()] for code in simulated.KNOWN - simulated.MINIMA.keys()]
    assert {"ISK", "UGX", "VND", "IDR", "COP", "KRW"} <= {currency.code for currency in others}
    for currency in others:
        assert simulated_least(currency) <= currency.least < 2 * simulated_least(currency), currency.code


@pytest.mark.parametrize(("code", "amount"), [("ISK", 1), ("UGX", 1), ("VND", 50), ("IDR", 50), ("COP", 50)])
def test_fifty_units_of_the_provider_are_not_worth_half_a_dollar_everywhere(code: str, amount: int) -> None:
    assert not CURRENCIES[code].can_charge(amount)
