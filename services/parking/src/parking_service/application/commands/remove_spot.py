"""Take a spot away permanently."""

from dataclasses import dataclass
from uuid import UUID

from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock, NewId
from parking_service.application.commands.take_supply import TakeSupply, take_supply
from parking_service.application.ports import OpenWork
from parking_service.domain.errors import UnknownSpot
from parking_service.domain.lots import recounted
from parking_service.domain.supply import UNASKED, SupplyDecision, SupplyTerms, supply_lost


@dataclass(frozen=True, slots=True)
class RemoveSpot:
    """An operator gives a spot up."""

    asker: Asker
    spot_id: UUID
    terms: SupplyTerms = UNASKED


@dataclass(frozen=True, slots=True)
class RemoveSpotHandler:
    """Removes the spot; the lot has one less."""

    open_work: OpenWork
    clock: Clock
    new_id: NewId

    async def __call__(self, command: RemoveSpot) -> SupplyDecision:
        """Raises `UnknownSpot`, `LotRetired`, `BookingsAffected` and `SupplyChangeRunning`."""
        now = self.clock.now()
        async with self.open_work(command.asker) as work:
            lot = await work.lots.get(await work.spots.lot_of(command.spot_id))
            if not command.asker.operates(lot.state.organization_id):
                raise UnknownSpot(command.spot_id)
            spot = await work.spots.get(command.spot_id)
            capacity = recounted(lot.state.capacity, gone=spot.state.type)
            loss = supply_lost(lot.state, lot.after(capacity=capacity), now, [command.spot_id])
            decision = await take_supply(work, TakeSupply(loss, command.terms, self.new_id(now), now))
            if not command.terms.is_preview:
                spot.remove(decision.change)
                lot.change(now, capacity=capacity)
                await work.lots.save(lot)
                await work.spots.save([spot])
                await work.occupancy.recount([lot.state.id])
            return decision
