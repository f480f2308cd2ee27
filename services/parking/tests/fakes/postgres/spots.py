from collections.abc import Sequence
from uuid import UUID

from services.parking.tests.fakes.postgres.tables import Tables

from parking_kernel.changes import Changes
from parking_kernel.concurrency import ChangedMeanwhile
from parking_service.application.ports import Aggregate
from parking_service.domain.errors import UnknownSpot
from parking_service.domain.spots import Spot, SpotStatus


class InMemorySpots:
    """See `parking_service.application.ports.Spots`."""

    def __init__(self, tables: Tables, changes: Changes[Aggregate]) -> None:
        self._changes = changes
        self._spots = tables.spots

    async def lot_of(self, spot_id: UUID) -> UUID:
        return (await self.get(spot_id)).state.parking_lot_id

    async def get(self, spot_id: UUID) -> Spot:
        state = self._spots.get(spot_id)
        if state is None or state.status is SpotStatus.REMOVED:
            raise UnknownSpot(spot_id)
        return self._changes.loaded(Spot(state))

    async def of_lot(self, lot_id: UUID) -> Sequence[Spot]:
        found = [
            state
            for state in self._spots.values()
            if state.parking_lot_id == lot_id and state.status is not SpotStatus.REMOVED
        ]
        return [self._changes.loaded(Spot(state)) for state in sorted(found, key=lambda state: state.number)]

    async def add(self, new_spots: Sequence[Spot]) -> None:
        self._spots.update({spot.state.id: spot.state for spot in new_spots})
        self._changes.saved(*new_spots)

    async def save(self, changed_spots: Sequence[Spot]) -> None:
        for spot in changed_spots:
            if self._spots[spot.state.id].version != spot.loaded_version:
                raise ChangedMeanwhile("spot")
            self._spots[spot.state.id] = spot.state
        self._changes.saved(*changed_spots)
