"""Take a lot away permanently."""

from dataclasses import dataclass
from uuid import UUID

from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock
from parking_service.application.ports import OpenWork


@dataclass(frozen=True, slots=True)
class RetireLot:
    """An operator gives a car park up."""

    asker: Asker
    lot_id: UUID
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class RetireLotHandler:
    """Retires the lot. It stays readable, since bookings refer to it; a second time changes nothing."""

    open_work: OpenWork
    clock: Clock

    async def __call__(self, command: RetireLot) -> None:
        """Raises `UnknownLot` and `ChangedMeanwhile`."""
        async with self.open_work(command.asker) as work:
            lot = await work.lots.get(command.lot_id)
            lot.admit(command.asker, command.expected_version)
            lot.retire(self.clock.now())
            await work.lots.save(lot)
