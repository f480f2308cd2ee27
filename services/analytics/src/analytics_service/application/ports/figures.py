"""What the read models add up to."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from analytics_service.domain.buckets import Bucket
from analytics_service.domain.occupancy import Bookings, Sighting
from analytics_service.domain.revenue import Sums


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose figures: one lot's, or all of an organization."""

    organization_id: UUID
    parking_lot_id: UUID | None = None


class Figures(Protocol):
    """What the documents add up to. All raise `StoreAway`."""

    async def revenue(self, scope: Scope, periods: Sequence[Bucket], currency: str) -> Sequence[Sums]:
        """The sums of each period, in their order."""
        ...

    async def currencies(self, scope: Scope) -> Sequence[str]:
        """The currencies in which anything was booked."""
        ...

    async def bookings(self, parking_lot_id: UUID, periods: Sequence[Bucket]) -> Bookings:
        """The reservations that hold or held a spot's time in the periods, which follow each other."""
        ...

    def sightings(self, parking_lot_id: UUID, period: Bucket) -> AsyncGenerator[Sighting]:
        """What sensors and counters saw in the period, and before it as far as it still counts; the oldest first."""
        ...
