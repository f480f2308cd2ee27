"""Change a spot, take it out of service, or return it."""

from dataclasses import dataclass
from uuid import UUID

from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock
from parking_kernel.concurrency import ChangedMeanwhile
from parking_service.application.ports import OpenWork
from parking_service.domain.errors import SpotNumberTaken, UnknownSpot
from parking_service.domain.lots import recounted
from parking_service.domain.spots import SpotChanges, SpotStatus


@dataclass(frozen=True, slots=True)
class ChangeSpot:
    """New values for what is named; `expected_version` is the version that the asking person saw."""

    asker: Asker
    spot_id: UUID
    changes: SpotChanges
    status: SpotStatus | None = None
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class ChangeSpotHandler:
    """Changes the spot, and the lot where its types of spots change."""

    open_work: OpenWork
    clock: Clock

    async def __call__(self, command: ChangeSpot) -> None:
        """Raises `UnknownSpot`, `LotRetired`, `SpotNumberTaken`, and `ChangedMeanwhile` for another version."""
        async with self.open_work(command.asker) as work:
            # The lot first: all that changes its spots waits for its lock.
            lot = await work.lots.get(await work.spots.lot_of(command.spot_id))
            if not command.asker.operates(lot.state.organization_id):
                raise UnknownSpot(command.spot_id)
            spot = await work.spots.get(command.spot_id)
            if command.expected_version not in {None, spot.state.version}:
                raise ChangedMeanwhile("spot")
            before = spot.state
            spot.change(**command.changes)
            if command.status:
                spot.put(command.status)
            if spot.state.number != before.number:
                others = {each.state.number for each in await work.spots.of_lot(before.parking_lot_id)}
                if spot.state.number in others:
                    raise SpotNumberTaken([spot.state.number])
            capacity = recounted(lot.state.capacity, gone=before.type, come=spot.state.type)
            lot.change(self.clock.now(), capacity=capacity)
            await work.lots.save(lot)
            await work.spots.save([spot])
            await work.occupancy.recount([lot.state.id])
