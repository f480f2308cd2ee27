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
        """Work out again how many spots of the lots are in service, watched and taken."""
        ...
