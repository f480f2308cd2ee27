"""Money: integer minor units and a currency (decision 0005)."""

from collections.abc import Sequence
from dataclasses import dataclass

from parking_kernel.currencies import decimals_of, step_of


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in the currency's minor unit of ISO 4217, such as cents (1250 is 12.50 EUR, and 1250 JPY)."""

    amount: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount + self._same_currency(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount - self._same_currency(other), self.currency)

    def __str__(self) -> str:
        """`12.50 CHF`."""
        decimals = decimals_of(self.currency)
        if not decimals:
            return f"{self.amount} {self.currency}"
        whole, rest = divmod(abs(self.amount), 10**decimals)
        return f"{'-' if self.amount < 0 else ''}{whole}.{rest:0{decimals}} {self.currency}"

    def of_same_currency(self, amount: int) -> "Money":
        """Another amount in this currency."""
        return Money(amount, self.currency)

    def share(self, percent: int) -> "Money":
        """So many percent of it, rounded half up to what the provider can give back of a charge of as much."""
        step = step_of(self.currency)
        part = rounded_quotient(self.amount * percent, 100 * step) * step
        return Money(min(part, self.amount // step * step), self.currency)

    def _same_currency(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be mixed")
        return other.amount


def rounded_quotient(dividend: int, divisor: int) -> int:
    """A quotient rounded half up, as invoices are rounded."""
    return (2 * dividend + divisor) // (2 * divisor)


def proportional(part: int, taken: int, whole: int) -> int:
    """How much of `part` belongs to `taken` out of `whole`, rounded half up.

    Differences of this over a growing `taken` add up to `part` exactly, however many steps there are.
    """
    return rounded_quotient(part * taken, whole)


def apportioned(total: int, weights: Sequence[int]) -> list[int]:
    """`total` split in proportion to the weights, to the last unit (largest remainders)."""
    whole = sum(weights)
    if whole == 0:
        return [0 for _ in weights]
    parts = [total * weight // whole for weight in weights]
    missing = total - sum(parts)
    if missing:
        by_remainder = sorted(range(len(weights)), key=lambda i: abs(total * weights[i] % whole), reverse=True)
        for i in by_remainder[:missing]:
            parts[i] += 1
    return parts
