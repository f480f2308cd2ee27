"""Take a lot away for good."""

from dataclasses import dataclass
from uuid import UUID

from parking_service.application.ports import Clock, OpenWork
from parking_service.domain.tenancy import Actor


@dataclass(frozen=True, slots=True)
class RetireLot:
    """An operator gives a car park up."""

    actor: Actor
    lot_id: UUID
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class RetireLotHandler:
    """Retires the lot. It stays readable, since bookings refer to it; a second time changes nothing."""

    open_work: OpenWork
    clock: Clock

    async def __call__(self, command: RetireLot) -> None:
        """Raises `UnknownLot` and `ChangedMeanwhile`."""
        async with self.open_work() as work:
            lot = await work.lots.get(command.lot_id)
            lot.admit(command.actor, command.expected_version)
            lot.retire(self.clock.now())
            await work.lots.save(lot)
            await work.events.publish(lot)
