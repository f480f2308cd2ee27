"""Money: integer minor units and a currency (decision 0005)."""

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

    def of_same_currency(self, amount: int) -> "Money":
        """Another amount in this currency."""
        return Money(amount, self.currency)

    def _same_currency(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be reckoned together")
        return other.amount


def proportional(part: int, taken: int, whole: int) -> int:
    """How much of `part` belongs to `taken` out of `whole`, rounded half up.

    Differences of this over a growing `taken` add up to `part` exactly, however many steps there are.
    """
    return int((Fraction(part * taken, whole) + Fraction(1, 2)) // 1)
