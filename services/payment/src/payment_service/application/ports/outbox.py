"""What is committed and not yet published."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class UnpublishedEvent:
    """An event of a payment that is committed and not yet in Kafka; positions grow in the order of leaving.

    `is_held`: Kafka refused it, or one of the same payment before it.
    """

    position: int
    reservation_id: UUID
    is_held: bool


class UnpublishedPayments(Protocol):
    """What this service has committed of payments and not yet published."""

    async def first(self, limit: int) -> Sequence[UnpublishedEvent]:
        """The events that leave next, in their order; as committed at this instant."""
        ...
