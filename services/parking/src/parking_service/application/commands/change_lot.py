"""Change what a lot is called, where it is, what it offers, when it is open."""

from dataclasses import dataclass
from uuid import UUID

from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock, NewId
from parking_service.application.commands.take_supply import TakeSupply, take_supply
from parking_service.application.ports import OpenWork
from parking_service.domain.lots import LotChanges
from parking_service.domain.supply import UNASKED, SupplyDecision, SupplyTerms, lost_before, supply_lost


@dataclass(frozen=True, slots=True)
class ChangeLot:
    """New values for what is named; `expected_version` is the version that the asking person saw."""

    asker: Asker
    lot_id: UUID
    changes: LotChanges
    expected_version: int | None = None
    terms: SupplyTerms = UNASKED


@dataclass(frozen=True, slots=True)
class ChangeLotHandler:
    """Changes the lot."""

    open_work: OpenWork
    clock: Clock
    new_id: NewId

    async def __call__(self, command: ChangeLot) -> SupplyDecision:
        """Raises `UnknownLot`, `LotRetired`, `InvalidFields`, `ChangedMeanwhile`, and as `take_supply` does."""
        now = self.clock.now()
        async with self.open_work(command.asker) as work:
            lot = await work.lots.get(command.lot_id)
            lot.admit(command.asker, command.expected_version)
            loss = supply_lost(lot.state, lot.after(**command.changes), now)
            names_hours = not command.changes.keys().isdisjoint({"opening_hours", "time_zone"})
            before = lost_before(lot.state, hours=True) if names_hours and lot.state.opening_hours else None
            take = TakeSupply(loss, command.terms, self.new_id(now), now, lost_before=before)
            decision = await take_supply(work, take)
            if not command.terms.is_preview:
                lot.change(now, supply_change=decision.change, **command.changes)
                await work.lots.save(lot)
            return decision
