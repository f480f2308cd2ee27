"""Give a lot numbered spots."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock, NewId
from parking_service.application.ports import OpenWork
from parking_service.domain.errors import SpotNumberTaken
from parking_service.domain.spots import Spot, SpotPlan, repeated_numbers


@dataclass(frozen=True, slots=True)
class AddSpots:
    """An operator paints spots."""

    asker: Asker
    lot_id: UUID
    spots: Sequence[SpotPlan]


@dataclass(frozen=True, slots=True)
class AddSpotsHandler:
    """Adds all of them or none; the lot changes once."""

    open_work: OpenWork
    clock: Clock
    new_id: NewId

    async def __call__(self, command: AddSpots) -> Sequence[UUID]:
        """The new spots' ids. Raises `UnknownLot`, `LotRetired` and `SpotNumberTaken`."""
        async with self.open_work() as work:
            lot = await work.lots.get(command.lot_id)
            lot.admit(command.asker)
            taken = {spot.state.number for spot in await work.spots.of_lot(command.lot_id)}
            repeated = repeated_numbers([plan.number for plan in command.spots], taken)
            if repeated:
                raise SpotNumberTaken(repeated)
            organization_id, now = lot.state.organization_id, self.clock.now()
            spots = [Spot.create(self.new_id(now), command.lot_id, organization_id, plan) for plan in command.spots]
            capacity = Counter(lot.state.capacity) + Counter(plan.type for plan in command.spots)
            lot.change(now, capacity=capacity)
            await work.lots.save(lot)
            await work.spots.add(spots)
            await work.occupancy.recount([command.lot_id])
            await work.events.publish(lot, *spots)
        return [spot.state.id for spot in spots]
