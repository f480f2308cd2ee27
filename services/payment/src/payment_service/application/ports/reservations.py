"""What reservation says: what is owed, what goes back, and the charges that it signs."""

from collections.abc import Callable, Collection, Sequence
from typing import Protocol
from uuid import UUID

from payment_service.domain.charges import AmountsDue, Charge
from payment_service.domain.refund_orders import RefundOrder


class ReservationAmountsDue(Protocol):
    """Payment's own copy of what reservations owe."""

    async def get(self, reservation_id: UUID) -> AmountsDue | None:
        """What a reservation owes; none before its first event arrived."""
        ...

    async def save(self, amounts_due: Collection[AmountsDue]) -> Collection[UUID]:
        """Save what is newer than what is stored, one for each reservation; the reservations that this changed."""
        ...


class RefundOrders(Protocol):
    """What reservations want back. What comes of an order is saved with its payment."""

    async def of_reservations(self, reservation_ids: Collection[UUID]) -> Sequence[RefundOrder]:
        """All orders of some reservations, also of payments that are not known."""
        ...

    async def add(self, order: RefundOrder) -> None:
        """Save an order of a payment that is not known; one that is stored already stays as it is."""
        ...

    async def to_decide(self, after: UUID | None, limit: int) -> Sequence[UUID]:
        """Payments of which orders wait that need not any more, by their ids, after one of them."""
        ...


ReadChargeToken = Callable[[str], Charge]
"""Reads a charge that reservation signed. Raises `InvalidChargeToken` and `ChargeExpired`."""
