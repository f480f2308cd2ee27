"""What sensors and counters saw."""

from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import UUID

from parking_service.domain.occupancy import LotCount, SpotOccupancy


class Occupancy(Protocol):
    """What was last seen. A use case that writes it holds the lot's lock."""

    async def of_spots(self, lot_id: UUID, spot_ids: Sequence[UUID]) -> Mapping[UUID, SpotOccupancy]:
        """What is known of those of the spots that are in the lot and not removed."""
        ...

    async def of_lot(self, lot_id: UUID) -> LotCount:
        """What was last counted."""
        ...

    async def save(self, seen: Sequence[SpotOccupancy]) -> None:
        """Store new sightings."""
        ...

    async def save_count(self, count: LotCount) -> None:
        """Store a new count."""
        ...

    async def recount(self, lot_ids: Sequence[UUID]) -> None:
        """Work out again what is available in the lots now, and when that has to be looked at again."""
        ...

    async def recount_soon(self, lot_ids: Sequence[UUID]) -> None:
        """Have what is available in the lots worked out again after this transaction."""
        ...

    async def due_for_recount(self, limit: int) -> Sequence[UUID]:
        """The first lots of which what is available has to be worked out again; nobody else recounts them meanwhile."""
        ...
