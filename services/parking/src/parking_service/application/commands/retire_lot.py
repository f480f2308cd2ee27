"""Take a lot away permanently."""

from dataclasses import dataclass, replace
from uuid import UUID

from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock, NewId
from parking_service.application.commands.take_supply import TakeSupply, take_supply
from parking_service.application.ports import OpenWork
from parking_service.domain.lots import LotStatus
from parking_service.domain.supply import UNASKED, SupplyDecision, SupplyTerms, lost_before, supply_lost


@dataclass(frozen=True, slots=True)
class RetireLot:
    """An operator gives a car park up."""

    asker: Asker
    lot_id: UUID
    expected_version: int | None = None
    terms: SupplyTerms = UNASKED


@dataclass(frozen=True, slots=True)
class RetireLotHandler:
    """Retires the lot. It stays readable, since bookings refer to it; a second time changes nothing."""

    open_work: OpenWork
    clock: Clock
    new_id: NewId

    async def __call__(self, command: RetireLot) -> SupplyDecision:
        """Raises `UnknownLot`, `ChangedMeanwhile`, `BookingsAffected` and `SupplyChangeRunning`."""
        now = self.clock.now()
        async with self.open_work(command.asker) as work:
            lot = await work.lots.get(command.lot_id)
            lot.admit(command.asker, command.expected_version)
            loss = supply_lost(lot.state, replace(lot.state, status=LotStatus.RETIRED), now)
            before = None if loss else lost_before(lot.state, whole_lot=True)
            take = TakeSupply(loss, command.terms, self.new_id(now), now, lost_before=before)
            decision = await take_supply(work, take)
            if not command.terms.is_preview:
                lot.retire(now, decision.change)
                await work.lots.save(lot)
            return decision
