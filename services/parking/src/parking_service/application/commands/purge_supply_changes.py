"""Delete the supply changes that ended long ago."""

from dataclasses import dataclass
from datetime import timedelta

from parking_kernel.batches import until_all_in
from parking_kernel.clocks import Clock
from parking_service.application.ports import OpenWork

_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class PurgeSupplyChanges:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class PurgeSupplyChangesHandler:
    """Deletes them batch by batch, so long after the last booking in their way was decided."""

    open_work: OpenWork
    clock: Clock
    stored_for: timedelta

    async def __call__(self, _command: PurgeSupplyChanges) -> int:
        """How many there were."""
        before = self.clock.now() - self.stored_for
        return await until_all_in(self.open_work, lambda work, limit: work.supply_changes.purge(before, limit), _BATCH)
