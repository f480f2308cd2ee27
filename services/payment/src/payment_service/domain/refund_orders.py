"""Refund orders: what reservation wants back of a payment, and what came of it (docs/decisions/0030)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from parking_kernel.money import Money


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """An amount that goes back of one payment, once: its refund has the order's id.

    Until it is decided nothing has come of it: its payment is not known, or a dispute of it is open. Then its parts add
    up to its amount: `refunded` is what its refund gives, unless that was given up; `covered_by_goodwill` went back by
    refunds that nobody ordered, `lost_to_dispute` by a dispute; `exceeds_payment` is more than the payment ever had
    beside its other orders. `given_before` was refunded before orders had names, of whichever payment.

    One that `is_named` came with its payment; else this service named it, since the event gave the sum alone. `place`
    orders those that came together.
    """

    id: UUID
    reservation_id: UUID
    payment_id: UUID
    amount: Money
    reason: str
    ordered_at: datetime
    place: int
    is_named: bool = True
    given_before: int = 0
    refunded: int = 0
    covered_by_goodwill: int = 0
    lost_to_dispute: int = 0
    exceeds_payment: int = 0
    decided_at: datetime | None = None

    @property
    def ids(self) -> dict[str, str]:
        """Its own, and those of what it is about, by name: the context of a log line."""
        return {
            "refund_order_id": str(self.id),
            "payment_id": str(self.payment_id),
            "reservation_id": str(self.reservation_id),
        }

    @property
    def is_decided(self) -> bool:
        """Whether something came of it."""
        return self.decided_at is not None

    @property
    def claim(self) -> int:
        """What it takes of its payment, whichever way that goes back."""
        return self.refunded + self.covered_by_goodwill + self.lost_to_dispute

    @property
    def unpaid(self) -> Mapping[str, int]:
        """What it was closed with instead of a refund: amounts above 0, by reason."""
        parts = {
            "covered_by_goodwill": self.covered_by_goodwill,
            "lost_to_dispute": self.lost_to_dispute,
            "exceeds_payment": self.exceeds_payment,
        }
        return {reason: amount for reason, amount in parts.items() if amount}

    def decide(self, *, unclaimed: int, undisputed: int, refundable: int, step: int, at: datetime) -> "RefundOrder":
        """What comes of it, by what there is of its payment, in minor units.

        No other order claims `unclaimed`, the refunds leave `undisputed`, refunds and disputes leave `refundable`. All
        that a payment has and gives is a multiple of `step`: a fraction of it exceeds the payment.
        """
        asked = self.amount.amount - self.given_before
        claim = min(asked, unclaimed) // step * step
        refunded = min(claim, refundable)
        covered = claim - min(claim, undisputed)
        return replace(
            self,
            refunded=refunded,
            covered_by_goodwill=covered,
            lost_to_dispute=claim - refunded - covered,
            exceeds_payment=asked - claim,
            decided_at=at,
        )

    def follow(self, refunded: int, *, is_disputed: bool) -> "RefundOrder":
        """Its refund gives this now: less, since the rest went back otherwise, or again as much as before."""
        if refunded > self.refunded:
            found = min(self.lost_to_dispute, refunded - self.refunded)
            covered = self.covered_by_goodwill - (refunded - self.refunded - found)
            return replace(
                self, refunded=refunded, lost_to_dispute=self.lost_to_dispute - found, covered_by_goodwill=covered
            )
        less = self.refunded - refunded
        return replace(
            self,
            refunded=refunded,
            lost_to_dispute=self.lost_to_dispute + (less if is_disputed else 0),
            covered_by_goodwill=self.covered_by_goodwill + (0 if is_disputed else less),
        )
