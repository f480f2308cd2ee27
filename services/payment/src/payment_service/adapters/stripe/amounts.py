"""Stripe's border: amounts in the minor units of ISO 4217 here, in Stripe's own units there.

Most units are the same. ISK and UGX are counted in hundredths there, MGA in whole ariary: the kernel's table of
currencies says which. Every amount that goes to Stripe or comes from it passes here.
"""

from parking_kernel.currencies import CURRENCIES
from parking_kernel.money import Money


class NotChargeable(ValueError):
    """An amount that has no whole number of Stripe's units, or is in a currency that Stripe does not charge in."""


def to_stripe(amount: Money) -> int:
    """An amount in Stripe's units. Raises `NotChargeable`."""
    currency = CURRENCIES.get(amount.currency)
    if currency is None or not currency.supported:
        raise NotChargeable(f"no charge can be made in {amount.currency}")
    units, rest = divmod(amount.amount * 10**currency.provider_decimals, 10**currency.decimals)
    if rest:
        raise NotChargeable(f"{amount} is no whole number of the provider's units")
    return units


def from_stripe(units: int, code: str) -> Money | None:
    """An amount of Stripe's in minor units; none where there is no whole number of them, or no such currency here."""
    currency = CURRENCIES.get(code.upper())
    if currency is None or not currency.supported:
        return None
    amount, rest = divmod(units * 10**currency.decimals, 10**currency.provider_decimals)
    return None if rest else Money(amount, currency.code)
