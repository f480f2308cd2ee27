"""Change what a lot is called, where it is, what it offers."""

from dataclasses import dataclass
from uuid import UUID

from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock
from parking_service.application.ports import OpenWork
from parking_service.domain.lots import LotChanges


@dataclass(frozen=True, slots=True)
class ChangeLot:
    """New values for what is named; `expected_version` is the version that the asking person saw."""

    asker: Asker
    lot_id: UUID
    changes: LotChanges
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class ChangeLotHandler:
    """Changes the lot."""

    open_work: OpenWork
    clock: Clock

    async def __call__(self, command: ChangeLot) -> None:
        """Raises `UnknownLot`, `LotRetired`, `InvalidFields`, and `ChangedMeanwhile` for another version."""
        async with self.open_work(command.asker) as work:
            lot = await work.lots.get(command.lot_id)
            lot.admit(command.asker, command.expected_version)
            lot.change(self.clock.now(), **command.changes)
            await work.lots.save(lot)
