"""The bookings that need supply, and the changes that took supply away."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from parking_service.domain.bookings import Booking
from parking_service.domain.supply import SupplyChangeState, SupplyProgress


class Bookings(Protocol):
    """Parking's copy of the bookings."""

    async def keep(self, new_bookings: Sequence[Booking]) -> None:
        """Store what reservation published, each unless something newer is known."""
        ...

    async def needing_supply(
        self, lot_id: UUID, at: datetime, spot_ids: Collection[UUID] | None = None
    ) -> Sequence[Booking]:
        """The bookings of a lot, or of some of its spots, that are not over at an instant, or whose car is in."""
        ...

    async def as_of(self) -> datetime | None:
        """When the newest event of those that made the copy was committed."""
        ...

    async def purge(self, before: datetime, limit: int) -> int:
        """Delete bookings that are over, and of which nothing was published since an instant; how many."""
        ...


class SupplyChanges(Protocol):
    """The changes that took supply away."""

    async def add(self, change: SupplyChangeState) -> None:
        """Store a new one."""
        ...

    async def get(self, change_id: UUID) -> SupplyChangeState:
        """One of them. Raises `UnknownSupplyChange`."""
        ...

    async def running(self, lot_id: UUID) -> Sequence[SupplyChangeState]:
        """Those of a lot with bookings that are not settled yet, as far as is known here; the oldest first."""
        ...

    async def of_import(self, import_id: UUID, limit: int) -> Sequence[UUID]:
        """The first of those that an import made, the oldest first."""
        ...

    async def advance(self, change_id: UUID, progress: SupplyProgress) -> None:
        """Store how far reservation is with one, unless something newer is known, or the change is not."""
        ...

    async def purge(self, before: datetime, limit: int) -> int:
        """Delete those that ended before an instant; how many, at most `limit`."""
        ...
