"""Stripe's own units: https://docs.stripe.com/currencies, "Zero-decimal", "Three-decimal" and "Special cases"."""

import pytest

from parking_kernel.currencies import CURRENCIES, Currency
from parking_kernel.money import Money
from payment_service.adapters.stripe.amounts import NotChargeable, from_stripe, to_stripe

SUPPORTED = [currency for currency in CURRENCIES.values() if currency.supported]


@pytest.mark.parametrize(
    ("amount", "code", "units"),
    [
        (500, "ISK", 50_000),
        (5000, "UGX", 500_000),
        (300, "JPY", 300),
        (60_000, "HUF", 60_000),
        (60_050, "HUF", 60_050),  # whole forints are for payouts alone
        (20_050, "TWD", 20_050),  # and whole dollars
        (1250, "KWD", 1250),
        (2_000_00, "MGA", 2_000),
        (1250, "CHF", 1250),
    ],
)
def test_amounts_are_converted_at_the_border_both_ways(amount: int, code: str, units: int) -> None:
    assert to_stripe(Money(amount, code)) == units
    assert from_stripe(units, code.lower()) == Money(amount, code)


@pytest.mark.parametrize("currency", SUPPORTED, ids=lambda currency: currency.code)
def test_what_can_be_charged_comes_back_as_it_was(currency: Currency) -> None:
    for amount in (currency.least, currency.least + currency.step, currency.largest):
        assert from_stripe(to_stripe(Money(amount, currency.code)), currency.code) == Money(amount, currency.code)


@pytest.mark.parametrize(
    ("amount", "code"), [(200_050, "MGA"), (100, "GHS"), (100, "XXX")], ids=["half an ariary", "not charged in", "none"]
)
def test_what_has_no_units_there_is_not_sent(amount: int, code: str) -> None:
    with pytest.raises(NotChargeable):
        to_stripe(Money(amount, code))


@pytest.mark.parametrize(("units", "code"), [(50_050, "isk"), (1, "ugx"), (100, "ghs"), (100, "xxx")])
def test_what_is_no_amount_here_is_none(units: int, code: str) -> None:
    assert from_stripe(units, code) is None
