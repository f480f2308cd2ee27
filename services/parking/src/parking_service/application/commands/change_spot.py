"""Change a spot, take it out of service, or return it."""

from dataclasses import dataclass
from uuid import UUID

from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock, NewId
from parking_kernel.concurrency import ChangedMeanwhile
from parking_kernel.spot_types import as_good_as
from parking_service.application.commands.take_supply import TakeSupply, take_supply
from parking_service.application.ports import OpenWork, Work
from parking_service.domain.errors import SpotNumberTaken, UnknownSpot
from parking_service.domain.lots import Lot, recounted
from parking_service.domain.spots import Spot, SpotChanges, SpotStatus, SpotType
from parking_service.domain.supply import UNASKED, SupplyDecision, SupplyLoss, SupplyTerms, lost_before, supply_lost


@dataclass(frozen=True, slots=True)
class ChangeSpot:
    """New values for what is named; `expected_version` is the version that the asking person saw."""

    asker: Asker
    spot_id: UUID
    changes: SpotChanges
    status: SpotStatus | None = None
    expected_version: int | None = None
    terms: SupplyTerms = UNASKED


@dataclass(frozen=True, slots=True)
class ChangeSpotHandler:
    """Changes the spot, and the lot where its types of spots change."""

    open_work: OpenWork
    clock: Clock
    new_id: NewId

    async def __call__(self, command: ChangeSpot) -> SupplyDecision:
        """Raises `UnknownSpot`, `LotRetired`, `SpotNumberTaken`, `ChangedMeanwhile`, and as `take_supply` does."""
        now = self.clock.now()
        async with self.open_work(command.asker) as work:
            # The lot first: all that changes its spots waits for its lock.
            lot = await work.lots.get(await work.spots.lot_of(command.spot_id))
            if not command.asker.operates(lot.state.organization_id):
                raise UnknownSpot(command.spot_id)
            spot = await work.spots.get(command.spot_id)
            if command.expected_version not in {None, spot.state.version}:
                raise ChangedMeanwhile("spot")
            await _check_number(work, spot, command.changes)
            come = command.changes.get("type", spot.state.type)
            capacity = recounted(lot.state.capacity, gone=spot.state.type, come=come)
            loss = supply_lost(lot.state, lot.after(capacity=capacity), now, _gone(spot, come, command.status))
            take = TakeSupply(loss, command.terms, self.new_id(now), now, lost_before=_lost_before(lot, spot, command))
            decision = await take_supply(work, take)
            if not command.terms.is_preview:
                is_out = command.status is SpotStatus.OUT_OF_SERVICE
                spot.change(None if is_out else decision.change, **command.changes)
                if command.status:
                    spot.put(command.status, decision.change if is_out else None)
                lot.change(now, capacity=capacity)
                await work.lots.save(lot)
                await work.spots.save([spot])
                await work.occupancy.recount([lot.state.id])
            return decision


async def _check_number(work: Work, spot: Spot, changes: SpotChanges) -> None:
    number = changes.get("number", spot.state.number)
    if number != spot.state.number:
        others = {each.state.number for each in await work.spots.of_lot(spot.state.parking_lot_id)}
        if number in others:
            raise SpotNumberTaken([number])


def _gone(spot: Spot, becomes: SpotType, status: SpotStatus | None) -> list[UUID]:
    """The spot, where it is taken out of service now, or is of another type for those who booked it."""
    was_there = spot.state.status is SpotStatus.IN_SERVICE
    is_another = becomes.value not in as_good_as(spot.state.type.value)
    return [spot.state.id] if was_there and (status is SpotStatus.OUT_OF_SERVICE or is_another) else []


def _lost_before(lot: Lot, spot: Spot, command: ChangeSpot) -> SupplyLoss | None:
    """The spot, where it is out of service, or of a type, as the command has it again."""
    is_out = command.status is SpotStatus.OUT_OF_SERVICE and spot.state.status is command.status
    is_of_type = command.changes.get("type") is spot.state.type
    return lost_before(lot.state, spot_ids=[spot.state.id]) if is_out or is_of_type else None
