"""Changes that take supply away under bookings."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from reservation_service.domain.supply import AffectedPolicy, SupplyChange


class SupplyChanges(Protocol):
    """The changes. The unit of work publishes the events of what is added and saved.

    A transaction that locks a change has all the lots and spots that it locks before.
    """

    async def add(self, change: SupplyChange) -> bool:
        """Store a new one; False, and nothing changed, where it is there: by a version of another spot."""
        ...

    async def get(self, change_id: UUID) -> SupplyChange:
        """One that is there, locked until the transaction ends."""
        ...

    async def policy(self, change_id: UUID) -> AffectedPolicy:
        """What becomes of the bookings of one that is there, not locked: it never changes."""
        ...

    async def save(self, change: SupplyChange) -> None:
        """Store one that was locked."""
        ...

    async def claim(self, at: datetime, until: datetime, limit: int) -> Sequence[UUID]:
        """Running ones that are to be looked at by an instant, which no other process gets before `until`."""
        ...

    async def purge(self, before: datetime, limit: int) -> int:
        """Delete those that are done since before an instant; how many, at most `limit`.

        The one that a lot lost its supply by last, and that of a spot out of service, stay: a booking may still be
        found on it, and is decided as that change says.
        """
        ...
