"""What a lot or an organization earned, in minor units, as the books say."""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics_service.domain.buckets import Bucket


@dataclass(frozen=True, slots=True)
class Sums:
    """Captured, given back, the tax within what remains, how many payments. `net` is without refunds and tax."""

    gross: int = 0
    refunds: int = 0
    tax: int = 0
    payments: int = 0

    @property
    def net(self) -> int:
        """What is left for the operator."""
        return self.gross - self.refunds - self.tax

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            self.gross + other.gross,
            self.refunds + other.refunds,
            self.tax + other.tax,
            self.payments + other.payments,
        )


@dataclass(frozen=True, slots=True)
class Revenue:
    """The sums of each bucket, and of all."""

    currency: str
    buckets: Sequence[tuple[Bucket, Sums]]

    @property
    def total(self) -> Sums:
        """All buckets together."""
        return sum((sums for _, sums in self.buckets), Sums())
