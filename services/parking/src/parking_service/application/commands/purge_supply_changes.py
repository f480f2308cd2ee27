"""Delete the supply changes that ended long ago."""

from dataclasses import dataclass
from datetime import timedelta

from parking_kernel.askers import THE_SERVICE
from parking_kernel.batches import until_all
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

        async def batch(limit: int) -> int:
            async with self.open_work(THE_SERVICE) as work:
                return await work.supply_changes.purge(before, limit)

        return await until_all(batch, _BATCH)
