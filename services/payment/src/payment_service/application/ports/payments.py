"""The payments."""

from collections.abc import Collection, Sequence
from typing import Protocol
from uuid import UUID

from parking_kernel.pages import Position
from payment_service.domain.payment_states import PaymentFilter, PaymentState
from payment_service.domain.payments import Payment


class Payments(Protocol):
    """The payments, with their refunds and what they booked. What happened to those that are saved is published."""

    async def add(self, payment: Payment) -> bool:
        """Save a new payment; false where its charge has a live one."""
        ...

    async def get(self, payment_id: UUID) -> Payment:
        """One payment, to be changed. Raises `UnknownPayment`."""
        ...

    async def read(self, payment_id: UUID) -> PaymentState:
        """One payment as it is. Raises `UnknownPayment`."""
        ...

    async def by_intent(self, intent_id: str) -> Payment | None:
        """The payment of an intent, to be changed."""
        ...

    async def live_of_charge(self, charge_id: UUID) -> PaymentState | None:
        """The one payment of a charge that is not cancelled."""
        ...

    async def of_reservations(self, reservation_ids: Collection[UUID]) -> Sequence[Payment]:
        """All payments of some reservations, to be changed."""
        ...

    async def save(self, payment: Payment) -> None:
        """Save a changed payment, its refunds, and what it booked. Raises `ChangedMeanwhile`."""
        ...

    async def with_open_reports(self) -> Sequence[PaymentState]:
        """The payments of which the provider said another amount, where nobody has settled it."""
        ...

    async def of_user(
        self, user_id: UUID, wanted: PaymentFilter, after: Position | None, limit: int
    ) -> Sequence[PaymentState]:
        """Those wanted of a driver's payments, the newest first, after a position."""
        ...

    async def of_organization(
        self, organization_id: UUID, wanted: PaymentFilter, after: Position | None, limit: int
    ) -> Sequence[PaymentState]:
        """Those wanted of an organization's payments, the newest first, after a position."""
        ...


class CapturedAmounts(Protocol):
    """What was captured, an amount for each capture, and sums of earlier ones."""

    async def sum_up(self, limit: int) -> int:
        """Add up at most `limit` amounts, earlier sums among them; how many."""
        ...
