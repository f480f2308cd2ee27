"""Reservation published how far it is with the bookings in the way of a change: show it."""

from dataclasses import dataclass
from uuid import UUID

from parking_service.application.ports import Work
from parking_service.domain.supply import SupplyProgress


@dataclass(frozen=True, slots=True)
class FollowSupplyChange:
    """A change, and how far reservation is with it."""

    change_id: UUID
    progress: SupplyProgress


async def follow_supply_change(event: FollowSupplyChange, work: Work) -> None:
    """Keep it, in the consumer's transaction. A version that is not newer changes nothing."""
    await work.supply_changes.advance(event.change_id, event.progress)
