"""Money: integer minor units and a currency (decision 0005)."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in the currency's minor unit, such as cents."""

    amount: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount + self._same_currency(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount - self._same_currency(other), self.currency)

    def share(self, percent: int) -> "Money":
        """So many percent of it, rounded half up."""
        return Money(rounded(Fraction(self.amount * percent, 100)), self.currency)

    def _same_currency(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be reckoned together")
        return other.amount


def rounded(value: Fraction) -> int:
    """Half up, as invoices are rounded."""
    return int((value + Fraction(1, 2)) // 1)


def apportioned(total: int, weights: Sequence[int]) -> list[int]:
    """`total` split in proportion to the weights, to the last unit (largest remainders)."""
    whole = sum(weights)
    if whole == 0:
        return [0 for _ in weights]
    exact = [Fraction(total * weight, whole) for weight in weights]
    parts = [value.__floor__() for value in exact]
    by_remainder = sorted(range(len(weights)), key=lambda i: exact[i] - parts[i], reverse=True)
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts
