"""Give a lot numbered spots."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock, NewId
from parking_kernel.repeatable import Answer, RequestKey, once
from parking_service.application.ports import OpenWork, Work
from parking_service.domain.errors import SpotNumberTaken
from parking_service.domain.spots import Spot, SpotPlan, SpotState, repeated_numbers


@dataclass(frozen=True, slots=True)
class AddSpots:
    """An operator paints spots. With a `key` the request may be repeated."""

    asker: Asker
    lot_id: UUID
    spots: Sequence[SpotPlan]
    key: RequestKey | None = None


@dataclass(frozen=True, slots=True)
class AddSpotsHandler:
    """Adds all of them or none; the lot changes once."""

    open_work: OpenWork
    clock: Clock
    new_id: NewId

    async def __call__(self, command: AddSpots, render: Callable[[Sequence[SpotState]], Answer]) -> Answer:
        """The new spots as `render` shows them, or the first answer to the key.

        Raises `UnknownLot`, `LotRetired`, `SpotNumberTaken`, `KeyReused` and `InFlight`.
        """
        async with self.open_work(command.asker) as work:

            async def act() -> Answer:
                return render(await self._add(work, command))

            return await once(work.answers, command.key, act)

    async def _add(self, work: Work, command: AddSpots) -> list[SpotState]:
        lot = await work.lots.get(command.lot_id)
        lot.admit(command.asker)
        taken = {spot.state.number for spot in await work.spots.of_lot(command.lot_id)}
        repeated = repeated_numbers([plan.number for plan in command.spots], taken)
        if repeated:
            raise SpotNumberTaken(repeated)
        organization_id, now = lot.state.organization_id, self.clock.now()
        spots = [Spot.create(self.new_id(now), command.lot_id, organization_id, plan) for plan in command.spots]
        capacity = Counter(lot.state.capacity) + Counter(plan.type for plan in command.spots)
        lot.change(now, capacity=capacity)
        await work.lots.save(lot)
        await work.spots.add(spots)
        await work.occupancy.recount([command.lot_id])
        return [spot.state for spot in spots]
