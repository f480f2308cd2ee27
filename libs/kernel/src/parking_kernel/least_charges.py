"""Prices that the payment provider can take: what a booking costs is raised to one, in a line of its own.

What falls due beyond the end of a stay that was booked is not raised: what cannot be charged of it is waived.
"""

from dataclasses import replace
from zoneinfo import ZoneInfo

from parking_kernel.currencies import CURRENCIES
from parking_kernel.money import Money, rounded_quotient
from parking_kernel.periods import Period
from parking_kernel.pricing import WHOLE, LineItem, Price, price
from parking_kernel.tariffs import Tariff, Tax

MINIMUM = "minimum"


def can_be_charged(amount: Money) -> bool:
    """Whether the payment provider takes such a charge; nothing need not be charged."""
    currency = CURRENCIES.get(amount.currency)
    return not amount.amount or (currency is not None and currency.can_charge(amount.amount))


def booking_price(tariff: Tariff, period: Period, zone: ZoneInfo) -> Price:
    """What a stay costs that is booked now: by the tariff, and raised where that is less than can be charged.

    All rules that a tariff may name raise, and so is the price of one that names none. Raises as `price` does.
    """
    return raised(price(tariff, period, zone), tariff.tax)


def raised(of: Price, tax: Tax) -> Price:
    """A price as it can be charged; its tax is as large a share of it as of any other.

    Nothing stays nothing. What is beyond the largest charge, or in a currency in which none is made, stays as it is: no
    rule makes it chargeable.
    """
    total = next_charge(of.total)
    if total == of.total:
        return of
    contained = tax_within(total.amount, tax)
    more = total.amount - contained - (of.total.amount - of.tax.amount)
    lines = [line for line in of.line_items if line.kind != "tax"]
    lines.append(LineItem(_label(total), MINIMUM, more))
    lines += [replace(line, amount=contained) for line in of.line_items if line.kind == "tax"]
    return replace(of, total=total, tax=total.of_same_currency(contained), line_items=lines)


def tax_within(total: int, tax: Tax) -> int:
    """The tax that a price contains, in minor units, whether or not the tariff's amounts include it."""
    return rounded_quotient(total * tax.ppm, WHOLE + tax.ppm)


def last_charge(amount: Money) -> Money:
    """The most that the provider can charge of an amount: nothing of one below its least charge."""
    currency = CURRENCIES.get(amount.currency)
    if currency is None or not currency.supported or amount.amount < currency.least:
        return amount.of_same_currency(0)
    return amount.of_same_currency(min(amount.amount, currency.largest) // currency.step * currency.step)


def next_charge(amount: Money) -> Money:
    """The least amount from this one on that the provider can charge, its largest charge aside."""
    currency = CURRENCIES.get(amount.currency)
    if amount.amount <= 0 or currency is None or not currency.supported:
        return amount
    return amount.of_same_currency(max(currency.least, -(-amount.amount // currency.step) * currency.step))


def _label(total: Money) -> str:
    is_least = total.amount == CURRENCIES[total.currency].least
    return f"{'Least charge of' if is_least else 'Rounded up to'} {total}"
