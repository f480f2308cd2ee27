"""How far a change of supply is."""

from dataclasses import dataclass
from uuid import UUID

from parking_kernel.askers import Asker
from parking_service.application.ports import OpenWork
from parking_service.domain.errors import UnknownSupplyChange
from parking_service.domain.supply import SupplyChangeState


@dataclass(frozen=True, slots=True)
class GetSupplyChange:
    """Which one, and who asks."""

    asker: Asker
    change_id: UUID


@dataclass(frozen=True, slots=True)
class GetSupplyChangeHandler:
    """Reads its progress."""

    open_work: OpenWork

    async def __call__(self, query: GetSupplyChange) -> SupplyChangeState:
        """Raises `UnknownSupplyChange`, also for one of a foreign organization."""
        async with self.open_work(query.asker) as work:
            state = await work.supply_changes.get(query.change_id)
            if not query.asker.operates(state.loss.organization_id):
                raise UnknownSupplyChange(query.change_id)
            return state
