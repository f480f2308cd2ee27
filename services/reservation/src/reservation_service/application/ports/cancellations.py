"""What operators said when they cancelled reservations."""

from collections.abc import Callable
from typing import Protocol
from uuid import UUID

from parking_kernel.repeatable import Answer
from reservation_service.domain.cancellation import OperatorCancellation
from reservation_service.domain.reservations import ReservationState

RenderCancelled = Callable[[ReservationState, str], Answer]
"""Renders a cancelled reservation, with its lot's name. What is stored for a repeated request is the answer itself."""


class OperatorCancellations(Protocol):
    """Who cancelled a driver's reservation, when and why: added, never changed, and stored as long as the reservation.

    It is the audit log of that call. The text stands nowhere else: events have a code.
    """

    async def add(self, cancellation: OperatorCancellation) -> None:
        """Store one."""
        ...

    async def of(self, reservation_id: UUID) -> OperatorCancellation | None:
        """That of a reservation; none where no operator cancelled it."""
        ...
