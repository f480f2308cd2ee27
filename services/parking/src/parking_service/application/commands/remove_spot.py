"""Take a spot away permanently."""

from dataclasses import dataclass
from uuid import UUID

from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock
from parking_service.application.ports import OpenWork
from parking_service.domain.errors import UnknownSpot
from parking_service.domain.lots import recounted


@dataclass(frozen=True, slots=True)
class RemoveSpot:
    """An operator gives a spot up."""

    asker: Asker
    spot_id: UUID


@dataclass(frozen=True, slots=True)
class RemoveSpotHandler:
    """Removes the spot; the lot has one less."""

    open_work: OpenWork
    clock: Clock

    async def __call__(self, command: RemoveSpot) -> None:
        """Raises `UnknownSpot` and `LotRetired`."""
        async with self.open_work(command.asker) as work:
            lot = await work.lots.get(await work.spots.lot_of(command.spot_id))
            if not command.asker.operates(lot.state.organization_id):
                raise UnknownSpot(command.spot_id)
            spot = await work.spots.get(command.spot_id)
            spot.remove()
            lot.change(self.clock.now(), capacity=recounted(lot.state.capacity, gone=spot.state.type))
            await work.lots.save(lot)
            await work.spots.save([spot])
            await work.occupancy.recount([lot.state.id])
